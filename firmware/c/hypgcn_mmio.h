/*
 * Registers and memory at addresses of the processor: what the back ends over an AXI DMA share. Their device structures
 * begin with a struct hypgcn_mmio, so that a pointer to the device is one to it.
 *
 * A 64-bit Arm faults on unaligned accesses to memory that is mapped as a device, which a C library's memcpy makes, and
 * on the instruction that its memset uses. So every access to it here is a volatile one of a whole, aligned word.
 */
#ifndef HYPGCN_MMIO_H
#define HYPGCN_MMIO_H

#include "hypgcn.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hypgcn_mmio {
    volatile uint32_t *core; /* base of s_axi_control */
    volatile uint32_t *dma;  /* base of the DMA's registers */
};

/* Bytes of an access of the two functions below: a word of the processor, 4 or 8. */
#define HYPGCN_DEVICE_WORD (sizeof(uintptr_t))

/*
 * Copies `size` bytes of ordinary memory to device memory. `device` is a multiple of HYPGCN_DEVICE_WORD; in its last
 * word, zeros follow behind the bytes.
 */
void hypgcn_write_device_memory(volatile void *device, const void *source, size_t size);

/*
 * Copies `size` bytes of device memory to ordinary memory. `device` is a multiple of HYPGCN_DEVICE_WORD; its last word
 * is read as a whole.
 */
void hypgcn_read_device_memory(void *target, const volatile void *device, size_t size);

/* A read of a register of the core, as struct hypgcn_bus wants it; always HYPGCN_OK. `address` in bytes. */
static inline enum hypgcn_error hypgcn_read_core_register(void *context, uint32_t address, uint32_t *value)
{
    const struct hypgcn_mmio *mmio = (const struct hypgcn_mmio *)context; /* C++ wants the cast */
    *value = mmio->core[address / 4u];
    return HYPGCN_OK;
}

/* A write of a register of the core, as struct hypgcn_bus wants it; always HYPGCN_OK. `address` in bytes. */
static inline enum hypgcn_error hypgcn_write_core_register(void *context, uint32_t address, uint32_t value)
{
    const struct hypgcn_mmio *mmio = (const struct hypgcn_mmio *)context; /* C++ wants the cast */
    mmio->core[address / 4u] = value;
    return HYPGCN_OK;
}

/* A read of a register of the DMA, as struct hypgcn_axidma_io wants it. `offset` in bytes. */
static inline uint32_t hypgcn_read_dma_register(void *context, uint32_t offset)
{
    const struct hypgcn_mmio *mmio = (const struct hypgcn_mmio *)context; /* C++ wants the cast */
    return mmio->dma[offset / 4u];
}

/* A write of a register of the DMA, as struct hypgcn_axidma_io wants it. `offset` in bytes. */
static inline void hypgcn_write_dma_register(void *context, uint32_t offset, uint32_t value)
{
    const struct hypgcn_mmio *mmio = (const struct hypgcn_mmio *)context; /* C++ wants the cast */
    mmio->dma[offset / 4u] = value;
}

#ifdef __cplusplus
}
#endif

#endif
