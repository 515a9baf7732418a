/*
 * Access over PCI Express with AMD's XDMA Linux driver (dma_ip_drivers): registers through the user character device,
 * clips and results through the streaming ones.
 *
 * A write of the driver is one packet. A read returns at the end of one, because the device is opened with O_TRUNC, the
 * driver's flag for it; every read is of a multiple of 64 bytes into aligned memory, as PG195 demands of streams from
 * the card, and of one page where the result fits, so that the driver splits it into no further descriptors. A clip has
 * to begin at a multiple of 64 bytes: the driver splits it at pages, and a part that fills no whole beats of the card's
 * stream would have gaps.
 *
 * The stream of results has 32 bits, that of XDMA 64 to 512: a width converter with TKEEP and TLAST stands between. The
 * bus of clips has XDMA's width with `hypgcn verilog --bus-width`.
 */
#ifndef HYPGCN_XDMA_H
#define HYPGCN_XDMA_H

#include "hypgcn.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HYPGCN_XDMA_ALIGNMENT 64u /* bytes: of the start of a clip, and of start and size of a read */
#define HYPGCN_XDMA_PAGE 4096u    /* bytes of the smallest page of the host, where the driver splits */
#define HYPGCN_XDMA_MAX_PAGES 2048u /* descriptors of a packet */
#define HYPGCN_XDMA_RESULT_BYTES \
    ((4u * HYPGCN_MAX_RESULT_WORDS + HYPGCN_XDMA_ALIGNMENT - 1u) / HYPGCN_XDMA_ALIGNMENT * HYPGCN_XDMA_ALIGNMENT)

struct hypgcn_xdma_paths {
    const char *user; /* e.g. xdma0_user: the AXI-Lite master, with the core at `base` */
    const char *h2c;  /* e.g. xdma0_h2c_0: to s_axis */
    const char *c2h;  /* e.g. xdma0_c2h_0: from m_axis */
    uint64_t base;    /* byte address of the core in the user space of the card */
};

struct hypgcn_xdma {
    int user, h2c, c2h; /* file descriptors, -1 when closed */
    uint64_t base;
    unsigned char space[HYPGCN_XDMA_RESULT_BYTES + HYPGCN_XDMA_PAGE]; /* holds a result, from a page on */
};

/*
 * Opens the devices and fills `bus`, which refers to `device` as long as it is used; after an error everything is
 * closed. Transfers end with the driver's own time-outs, its parameters h2c_timeout and c2h_timeout in seconds.
 * Errors: ARGUMENT, DEVICE.
 */
enum hypgcn_error hypgcn_open_xdma(struct hypgcn_xdma *device, const struct hypgcn_xdma_paths *paths,
                                   struct hypgcn_bus *bus);

/* Closes them; may be called after a failed open too. */
void hypgcn_close_xdma(struct hypgcn_xdma *device);

#ifdef __cplusplus
}
#endif

#endif
