// Ports of a model and files of stimuli as 32-bit words, lowest first.
#pragma once
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "verilated.h"

// A port is an integer of up to 64 bits, or a VlWide of 32-bit words.
inline void words_of(uint64_t value, unsigned count, uint32_t *out)
{
    for (unsigned n = 0; n < count; n++) {
        out[n] = uint32_t(value >> 32 * n);
    }
}

template <std::size_t N>
inline void words_of(const VlWide<N> &value, unsigned count, uint32_t *out)
{
    for (unsigned n = 0; n < count; n++) {
        out[n] = value[n];
    }
}

template <typename T>
inline void set_words(T &port, const uint32_t *in, unsigned count)
{
    uint64_t value = 0;
    for (unsigned n = 0; n < count; n++) {
        value |= uint64_t(in[n]) << 32 * n;
    }
    port = T(value);
}

template <std::size_t N>
inline void set_words(VlWide<N> &port, const uint32_t *in, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        port[n] = in[n];
    }
}

typedef std::vector<uint32_t> Words;

// A file that is not there is empty.
inline Words read_words(const std::string &path)
{
    FILE *file = fopen(path.c_str(), "rb");
    if (!file) {
        return Words();
    }
    fseek(file, 0, SEEK_END);
    Words words(ftell(file) / 4);
    rewind(file);
    if (fread(words.data(), 4, words.size(), file) != words.size()) {
        printf("cannot read %s\n", path.c_str());
        exit(2);
    }
    fclose(file);
    return words;
}

inline std::string hex(const uint32_t *words, unsigned count)
{
    char word[9];
    std::string text;
    for (unsigned n = count; n--;) {
        snprintf(word, sizeof word, "%08" PRIx32, words[n]);
        text += word;
    }
    return text;
}
