/*
 * Access over PCI Express with AMD's XDMA Linux driver: registers through the user character device, clips and results
 * through the streaming ones. A write of the driver is one packet, a read returns at the end of one.
 */
#ifndef HYPGCN_XDMA_H
#define HYPGCN_XDMA_H

#include "hypgcn.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hypgcn_xdma_paths {
    const char *user; /* e.g. xdma0_user: the AXI-Lite master, with the core at `base` */
    const char *h2c;  /* e.g. xdma0_h2c_0: to s_axis */
    const char *c2h;  /* e.g. xdma0_c2h_0: from m_axis */
    uint64_t base;    /* byte address of the core in the user space of the card */
};

struct hypgcn_xdma {
    int user, h2c, c2h; /* file descriptors, -1 when closed */
    uint64_t base;
};

/*
 * Opens the devices and fills `bus`, which refers to `device` as long as it is used; after an error everything is
 * closed. Errors: ARGUMENT, BUS (a device cannot be opened).
 */
enum hypgcn_error hypgcn_open_xdma(struct hypgcn_xdma *device, const struct hypgcn_xdma_paths *paths,
                                   struct hypgcn_bus *bus);

/* Closes them; may be called after a failed open too. */
void hypgcn_close_xdma(struct hypgcn_xdma *device);

#ifdef __cplusplus
}
#endif

#endif
