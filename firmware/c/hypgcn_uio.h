/*
 * Access from Linux user space on a Zynq: the core and an AXI DMA through UIO devices, clips and results through a
 * buffer of physically contiguous memory as the u-dma-buf module gives it (a character device and, in sysfs, its
 * physical address). The buffer is opened with O_SYNC, so no cache needs to be flushed, in all its sync_mode but 0 and
 * 4. On a 64-bit Arm it may be mapped as a device then; it is touched by aligned accesses of whole words only. Both
 * UIO devices begin at a page of the kernel.
 */
#ifndef HYPGCN_UIO_H
#define HYPGCN_UIO_H

#include "hypgcn_axidma.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hypgcn_uio_paths {
    const char *core;         /* UIO device of s_axi_control */
    const char *dma;          /* UIO device of the AXI DMA */
    const char *buffer;       /* the u-dma-buf device */
    const char *buffer_phys;  /* its phys_addr file; size, sync_mode and dma_coherent beside it are looked at if there */
    size_t buffer_size;       /* bytes to map; at least a clip and a result, each a multiple of 128 */
    uint32_t address_bits;    /* of the DMA, and */
    uint32_t max_bytes;       /* of a packet: see struct hypgcn_axidma_limits; 0: as its registers show */
};

struct hypgcn_uio {
    struct hypgcn_mmio mmio; /* must be the first member */
    int core_file, dma_file, buffer_file;
    unsigned char *buffer;
    size_t buffer_size; /* bytes */
    uint64_t phys;      /* physical address of the buffer */
    struct hypgcn_axidma_limits limits;
};

/*
 * Maps the devices, resets the DMA and fills `bus`, which refers to `device` as long as it is used; after an error
 * everything is closed.
 * Errors: DEVICE, BUFFER (the u-dma-buf has fewer bytes than `buffer_size`), CACHED, and those of hypgcn_probe_axidma
 * and hypgcn_check_axidma for the buffer.
 */
enum hypgcn_error hypgcn_open_uio(struct hypgcn_uio *device, const struct hypgcn_uio_paths *paths,
                                  struct hypgcn_bus *bus);

/* Unmaps and closes; may be called after a failed open too. */
void hypgcn_close_uio(struct hypgcn_uio *device);

/*
 * Waits for the core's interrupt, `timeout_ms` at most; enables it in the UIO device first. hypgcn_take_interrupts has
 * the events. Errors: ARGUMENT, BUS, TIMEOUT, NO_INTERRUPT.
 */
enum hypgcn_error hypgcn_wait_uio_interrupt(struct hypgcn_uio *device, uint32_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
