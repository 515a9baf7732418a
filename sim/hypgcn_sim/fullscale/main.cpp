// The bench of whole clips through a whole network, at the speed of the simulator itself: clips in without a gap, scores and every
// block's vectors compared with what golden says, and the counters of the units at each result.
//
// fullscale FOLDER SEED: reads FOLDER/plan.txt and the *.bin beside it, 32-bit words; writes FOLDER/results.txt, a line for a clip,
// FOLDER/counts.bin, and one line on standard output when something is wrong.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

static void words_of(uint64_t value, unsigned count, uint32_t* out) {
    for (unsigned n = 0; n < count; n++) out[n] = uint32_t(value >> 32 * n);
}
template <std::size_t N> static void words_of(const VlWide<N>& value, unsigned count, uint32_t* out) {
    for (unsigned n = 0; n < count; n++) out[n] = value[n];
}
template <typename T> static void set_words(T& port, const uint32_t* in, unsigned count) {
    uint64_t value = 0;
    for (unsigned n = 0; n < count; n++) value |= uint64_t(in[n]) << 32 * n;
    port = T(value);
}
template <std::size_t N> static void set_words(VlWide<N>& port, const uint32_t* in, unsigned count) {
    for (unsigned n = 0; n < count; n++) port[n] = in[n];
}

#include "ports.h"  // written for the network: OBSERVED, OBSERVE_WORDS, observe(), COUNTS, counts(), OVERFLOWS, overflows()

typedef std::vector<uint32_t> Words;

static std::string folder;

static Words read_words(const char* name) {
    std::string path = folder + "/" + name;
    FILE* file = fopen(path.c_str(), "rb");
    if (!file) return Words();
    fseek(file, 0, SEEK_END);
    Words words(ftell(file) / 4);
    rewind(file);
    if (fread(words.data(), 4, words.size(), file) != words.size()) { printf("cannot read %s\n", path.c_str()); exit(2); }
    fclose(file);
    return words;
}

static std::string hex(const uint32_t* words, unsigned count) {
    char part[9];
    std::string text;
    for (unsigned n = count; n--;) { snprintf(part, sizeof part, "%08" PRIx32, words[n]); text += part; }
    return text;
}

// What a stream must give, one beat after the other; without expected beats they are only counted.
struct Check {
    std::string name;
    unsigned words;
    Words expected, mask;
    uint64_t seen = 0;

    bool complete() const { return expected.empty() || seen * words == expected.size(); }

    bool differs(const uint32_t* got, uint64_t cycle) {
        uint64_t beat = seen++;
        if (expected.empty()) return false;
        if (beat * words >= expected.size()) {
            printf("extra %s %" PRIu64 " %" PRIu64 "\n", name.c_str(), beat, cycle);
            return true;
        }
        const uint32_t* wanted = &expected[beat * words];
        for (unsigned n = 0; n < words; n++)
            if ((wanted[n] ^ got[n]) & mask[n]) {
                printf("differs %s %" PRIu64 " %" PRIu64 " %s %s\n", name.c_str(), beat, cycle, hex(wanted, words).c_str(),
                       hex(got, words).c_str());
                return true;
            }
        return false;
    }
};

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    folder = argv[1];
    unsigned in_words, out_words, beats, classes, clips, timeout, tail;
    FILE* plan = fopen((folder + "/plan.txt").c_str(), "r");
    if (!plan || fscanf(plan, "%u %u %u %u %u %u %u", &in_words, &out_words, &beats, &classes, &clips, &timeout, &tail) != 7) return 2;
    fclose(plan);

    VerilatedContext context;
    context.randReset(2);
    context.randSeed(atoi(argv[2]));
    Vtop top(&context);
    Words input = read_words("i.bin");
    std::vector<Check> checks(OBSERVED + 1);
    for (unsigned n = 0; n <= OBSERVED; n++) {
        Check& check = checks[n];
        check.name = n == OBSERVED ? "o" : "observe_" + std::to_string(n);
        check.words = n == OBSERVED ? out_words : OBSERVE_WORDS;
        check.expected = read_words((check.name + ".bin").c_str());
        check.mask = read_words((check.name + ".mask.bin").c_str());
    }
    Check& scores = checks[OBSERVED];
    FILE* results = fopen((folder + "/results.txt").c_str(), "w");
    FILE* snapshots = fopen((folder + "/counts.bin").c_str(), "wb");
    if (!results || !snapshots || input.size() != size_t(in_words) * beats * clips) return 2;

    std::vector<uint64_t> first_in(clips), last_in(clips);
    Words got(OBSERVE_WORDS > out_words ? OBSERVE_WORDS : out_words), counted(COUNTS + 1), lost(OVERFLOWS);
    std::string line;
    uint64_t cycle = 0, moved = 0, first_out = 0, done = 0, sent = 0, total = uint64_t(beats) * clips;
    uint64_t stop = UINT64_MAX;
    top.threshold_raise = 0;
    // Verilator writes the second of two underscores as its code.
    top.o___05Fready = 0;
    top.i___05Fvalid = 0;
    // Inputs change after the rising edge; everything is looked at once it has settled in the low half.
    while (cycle < stop && !context.gotFinish()) {
        bool reset = cycle < 4;
        top.rst = reset;
        top.i___05Fvalid = !reset && sent < total;
        top.o___05Fready = !reset;
        if (top.i___05Fvalid) set_words(top.i___05Fpayload, &input[sent * in_words], in_words);
        top.clk = 0;
        top.eval();
        if (!reset) {
            for (unsigned n = 0; n < OBSERVED; n++)
                if (observe(top, n, got.data())) {
                    moved = cycle;
                    if (checks[n].differs(got.data(), cycle)) return 1;
                }
            if (top.i___05Fvalid && top.i___05Fready) {
                moved = cycle;
                if (sent % beats == 0) first_in[sent / beats] = cycle;
                if (++sent % beats == 0) last_in[sent / beats - 1] = cycle;
            }
            if (top.o___05Fvalid) {
                moved = cycle;
                words_of(top.o___05Fpayload, out_words, got.data());
                if (scores.seen % classes == 0) { first_out = cycle; line.clear(); }
                line += " " + hex(got.data(), out_words);
                if (scores.differs(got.data(), cycle)) return 1;
                if (scores.seen % classes == 0) {
                    if (done == clips) { printf("extra o %" PRIu64 " %" PRIu64 "\n", scores.seen, cycle); return 1; }
                    fprintf(results, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "%s\n", first_in[done], last_in[done], first_out,
                            cycle, line.c_str());
                    fflush(results);
                    counts(top, counted.data());
                    fwrite(counted.data(), 4, COUNTS, snapshots);
                    if (++done == clips) stop = cycle + tail;
                }
            }
            if (cycle - moved > timeout) {
                printf("nothing has moved for %u cycles at cycle %" PRIu64 ": %" PRIu64 " of %" PRIu64 " joints in, %" PRIu64
                       " of %u results out\n", timeout, cycle, sent, total, done, clips);
                return 1;
            }
        }
        top.clk = 1;
        top.eval();
        cycle++;
    }
    for (const Check& check : checks)
        if (!check.complete()) {
            printf("missing %s %" PRIu64 " %" PRIu64 "\n", check.name.c_str(), check.seen, cycle);
            return 1;
        }
    overflows(top, lost.data());
    fprintf(results, "end %" PRIu64, cycle);
    for (uint32_t count : lost) fprintf(results, " %" PRIu32, count);
    fprintf(results, "\n");
    fclose(results);
    fclose(snapshots);
    top.final();
    return 0;
}
