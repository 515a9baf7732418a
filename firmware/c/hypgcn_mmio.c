#include "hypgcn_mmio.h"

/* In an object of its own, which calls nothing: a test looks for a memcpy or memset that a compiler makes of a loop. */

/* A word and its bytes in the order of memory, on processors of either byte order. */
union word {
    uintptr_t value;
    unsigned char bytes[HYPGCN_DEVICE_WORD];
};

void hypgcn_write_device_memory(volatile void *device, const void *source, size_t size)
{
    volatile uintptr_t *words = device;
    const unsigned char *bytes = source;
    for (; size >= HYPGCN_DEVICE_WORD; size -= HYPGCN_DEVICE_WORD) {
        union word word;
        for (size_t n = 0; n < HYPGCN_DEVICE_WORD; n++) {
            word.bytes[n] = *bytes++;
        }
        *words++ = word.value;
    }
    if (size != 0) {
        union word word;
        for (size_t n = 0; n < HYPGCN_DEVICE_WORD; n++) {
            word.bytes[n] = n < size ? bytes[n] : 0u;
        }
        *words = word.value;
    }
}

void hypgcn_read_device_memory(void *target, const volatile void *device, size_t size)
{
    const volatile uintptr_t *words = device;
    unsigned char *bytes = target;
    for (; size >= HYPGCN_DEVICE_WORD; size -= HYPGCN_DEVICE_WORD) {
        const union word word = {*words++};
        for (size_t n = 0; n < HYPGCN_DEVICE_WORD; n++) {
            *bytes++ = word.bytes[n];
        }
    }
    if (size != 0) {
        const volatile union word word = {*words}; /* volatile: else this loop becomes a call of memcpy */
        for (size_t n = 0; n < size; n++) {
            bytes[n] = word.bytes[n];
        }
    }
}
