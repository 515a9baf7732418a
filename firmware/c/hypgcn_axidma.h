/*
 * Transfers through an AMD AXI DMA (PG021) in direct register mode (no scatter-gather), for bare metal; hypgcn_uio.h
 * builds on the same engine. The DMA's MM2S side feeds s_axis, its S2MM side takes m_axis; both interrupts may stay off.
 */
#ifndef HYPGCN_AXIDMA_H
#define HYPGCN_AXIDMA_H

#include "hypgcn_mmio.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the widest beat of a DMA (1024 bits): addresses that are multiples of it suit every DMA. */
#define HYPGCN_AXIDMA_ALIGNMENT 128u

/* How the engine reaches the registers of the DMA (`offset` in bytes), and time. `milliseconds` may wrap. */
struct hypgcn_axidma_io {
    void *context;
    uint32_t (*read32)(void *context, uint32_t offset);
    void (*write32)(void *context, uint32_t offset, uint32_t value);
    uint32_t (*milliseconds)(void *context);
};

/* What one DMA can do. Its registers show the widths; the rest has to be stated, as it was chosen in Vivado. */
struct hypgcn_axidma_limits {
    uint32_t alignment;    /* of addresses, bytes: 1 where both channels allow unaligned transfers (DRE, which exists for
                              streams of up to 64 bits: PG022), else the bytes of a beat of the wider memory side; a
                              power of two, 1..128 */
    uint32_t address_bits; /* "address width", 32..64; 0: 32 or 64, whichever the registers show */
    uint32_t max_bytes;    /* of a packet, with "Micro DMA": burst size times the bytes of a beat; 0: what the length
                              register holds */
};

/*
 * Stops both channels, whatever they do, within `timeout_ms`. Call it once before the first transfer.
 * Errors: ARGUMENT, TIMEOUT.
 */
enum hypgcn_error hypgcn_reset_axidma(const struct hypgcn_axidma_io *io, uint32_t timeout_ms);

/*
 * Resets the DMA and finds out how it was built: `limits` gets the widths of addresses and lengths where they are 0 or
 * wider than the registers hold. Starts no transfer: a length that is written to a halted channel is only stored.
 * Errors: ARGUMENT (limits out of range), TIMEOUT, DMA_MISSING, DMA_SG, DMA_ADDRESS (address_bits above 32, registers
 * for 32).
 */
enum hypgcn_error hypgcn_probe_axidma(const struct hypgcn_axidma_io *io, uint32_t timeout_ms,
                                      struct hypgcn_axidma_limits *limits);

/*
 * Whether a DMA of these limits can transfer `size` bytes from or to `address`; 0 bytes always.
 * Errors: DMA_LENGTH, DMA_ADDRESS, ALIGNMENT.
 */
enum hypgcn_error hypgcn_check_axidma(const struct hypgcn_axidma_limits *limits, uint64_t address, size_t size);

/*
 * One transfer between physical addresses; see struct hypgcn_bus for the meaning. The memory must be coherent, not
 * cached, or flushed before and invalidated after; barriers between memory and registers are in here. What the limits
 * forbid is an error before anything is started; after an error of a transfer the DMA has been reset and may be used.
 * Errors: ARGUMENT, TIMEOUT, DMA_LENGTH, DMA_ADDRESS, ALIGNMENT, DMA_INTERNAL, DMA_SLAVE, DMA_DECODE.
 */
enum hypgcn_error hypgcn_transfer_axidma(const struct hypgcn_axidma_io *io, const struct hypgcn_axidma_limits *limits,
                                         uint64_t tx, size_t tx_size, uint64_t rx, size_t rx_size, uint32_t timeout_ms,
                                         size_t *received);

/*
 * Bare metal: registers at fixed addresses, virtual addresses are physical ones. `flush` and `invalidate` may be NULL
 * when the DMA's port is coherent; with Xilinx' standalone library they are Xil_DCacheFlushRange and
 * Xil_DCacheInvalidateRange behind a cast of their arguments. With caches, the buffer of a result must have its cache
 * lines to itself: invalidating them would undo what something beside it has written.
 */
struct hypgcn_axidma {
    struct hypgcn_mmio mmio; /* must be the first member */
    uint32_t (*milliseconds)(void *context);
    void (*flush)(const void *start, size_t size);
    void (*invalidate)(void *start, size_t size);
    void *context; /* of milliseconds */
    struct hypgcn_axidma_limits limits; /* `alignment` must be stated; the rest may be 0 */
};

/*
 * Fills `bus`, which refers to `device` as long as it is used, and resets the DMA.
 * Errors: those of hypgcn_probe_axidma.
 */
enum hypgcn_error hypgcn_open_axidma(struct hypgcn_axidma *device, struct hypgcn_bus *bus);

#ifdef __cplusplus
}
#endif

#endif
