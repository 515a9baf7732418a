/*
 * Transfers through an AMD AXI DMA in direct register mode (no scatter-gather), for bare metal; hypgcn_uio.h builds on
 * the same engine. The DMA's MM2S side feeds s_axis, its S2MM side takes m_axis; both interrupts may stay off.
 */
#ifndef HYPGCN_AXIDMA_H
#define HYPGCN_AXIDMA_H

#include "hypgcn_mmio.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the engine reaches the registers of the DMA (`offset` in bytes), and time. `milliseconds` may wrap. */
struct hypgcn_axidma_io {
    void *context;
    uint32_t (*read32)(void *context, uint32_t offset);
    void (*write32)(void *context, uint32_t offset, uint32_t value);
    uint32_t (*milliseconds)(void *context);
};

/*
 * Stops both channels, whatever they do, within `timeout_ms`. Call it once before the first transfer.
 * Errors: ARGUMENT, TIMEOUT.
 */
enum hypgcn_error hypgcn_reset_axidma(const struct hypgcn_axidma_io *io, uint32_t timeout_ms);

/*
 * One transfer between physical addresses; see struct hypgcn_bus for the meaning. The memory must be coherent, not
 * cached, or flushed before and invalidated after; barriers between memory and registers are in here. Sizes are at most
 * 2^26 - 1 bytes. After an error the DMA has been reset. Errors: ARGUMENT, BUS, TIMEOUT.
 */
enum hypgcn_error hypgcn_transfer_axidma(const struct hypgcn_axidma_io *io, uint64_t tx, size_t tx_size, uint64_t rx,
                                         size_t rx_size, uint32_t timeout_ms, size_t *received);

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
};

/* Fills `bus`, which refers to `device` as long as it is used, and resets the DMA. Errors: ARGUMENT, TIMEOUT. */
enum hypgcn_error hypgcn_open_axidma(struct hypgcn_axidma *device, struct hypgcn_bus *bus);

#ifdef __cplusplus
}
#endif

#endif
