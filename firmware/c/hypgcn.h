/*
 * Driver of the hypgcn core: classifies clips of joints on an FPGA.
 *
 * No allocation, no globals; every wait has an end. All access to hardware goes through the three functions of a
 * struct hypgcn_bus; hypgcn_axidma.h, hypgcn_uio.h and hypgcn_xdma.h bring such functions. Not thread-safe: one core,
 * one caller at a time.
 */
#ifndef HYPGCN_H
#define HYPGCN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hypgcn_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hypgcn_error {
    HYPGCN_OK = 0,
    HYPGCN_ERROR_ARGUMENT, /* a null pointer, or a number out of its range */
    HYPGCN_ERROR_BUS,      /* the bus reported a failure */
    HYPGCN_ERROR_TIMEOUT,  /* something did not happen in time */
    HYPGCN_ERROR_IDENTITY, /* no hypgcn core at this address */
    HYPGCN_ERROR_ABI,      /* the core's registers are not those of this driver */
    HYPGCN_ERROR_HASH,     /* the core is of another design */
    HYPGCN_ERROR_SHAPE,    /* the core says something impossible about itself */
    HYPGCN_ERROR_SIZE,     /* the clip is not of the core's size, or the buffer is too small */
    HYPGCN_ERROR_RESULT,   /* what came back is not the result of this clip */
    HYPGCN_ERROR_COUNT
};

/* What an error means, in English, without a full stop; never NULL. */
const char *hypgcn_error_text(enum hypgcn_error error);

/*
 * Access to one core. Each function returns HYPGCN_OK, HYPGCN_ERROR_BUS or HYPGCN_ERROR_TIMEOUT.
 *
 * read32, write32: a register, by its byte address from the base of the core.
 * transfer: sends `tx_size` bytes as one packet (TLAST on its last beat) and receives one packet of at most `rx_size`
 *     bytes; `received` is set to its length. The receiver is ready before the first byte is sent. `tx` or `rx` may be
 *     NULL with size 0: then only the other is done, and `received` is 0 without `rx`. Returns after `timeout_ms`
 *     at the latest; afterwards nothing touches the buffers any more.
 */
struct hypgcn_bus {
    void *context;
    enum hypgcn_error (*read32)(void *context, uint32_t address, uint32_t *value);
    enum hypgcn_error (*write32)(void *context, uint32_t address, uint32_t value);
    enum hypgcn_error (*transfer)(void *context, const void *tx, size_t tx_size, void *rx, size_t rx_size,
                                  uint32_t timeout_ms, size_t *received);
};

struct hypgcn_shape {
    uint32_t persons, frames, joints, channels; /* of a clip: int8 [persons][frames][joints][channels] */
    uint32_t classes, blocks, bus_bytes;
    uint32_t clip_bytes, result_words;
};

/* Filled by hypgcn_open; `timeout_ms` and `polls` may be changed afterwards. */
struct hypgcn {
    struct hypgcn_bus bus;
    struct hypgcn_shape shape;
    uint64_t hash;       /* the first 16 hexadecimal digits of the design's hash */
    uint32_t version;    /* of the generator: major, minor, patch, a byte each */
    uint32_t timeout_ms; /* of a clip */
    uint32_t polls;      /* reads of a register before a wait for it is given up */
    uint32_t next_clip;  /* number that the next result must have */
    uint32_t stale;      /* packets that may still come from before the last reset */
};

struct hypgcn_result {
    const int32_t *scores; /* `shape.classes` of them, in the caller's buffer */
    uint32_t argmax;
    uint32_t clip;  /* number since the core was reset */
    uint32_t flags; /* HYPGCN_FLAG_...; 0: the scores are those of the network for this clip */
};

struct hypgcn_counters {
    uint64_t cycles;
    uint32_t clips_in, clips_out, clip_cycles;
};

struct hypgcn_block_counters {
    uint32_t busy, starved, blocked, overflow;
};

/*
 * Checks that the bus leads to a hypgcn core of this register description and, unless `hash` is 0, of this design;
 * reads its shape and resets it. Nothing is written before identity and hash are right. The source of clips must be
 * at rest. `core` is valid only after HYPGCN_OK.
 */
enum hypgcn_error hypgcn_open(struct hypgcn *core, const struct hypgcn_bus *bus, uint64_t hash);

/*
 * Classifies one clip. `words` is a buffer of `shape.result_words` words or more, which `result->scores` points into.
 * HYPGCN_OK with flags in the result means that a result came, but see docs/registers.md for what it is worth.
 * After any error but ARGUMENT and SIZE: reset the bus, then hypgcn_reset(core, true).
 */
enum hypgcn_error hypgcn_classify(struct hypgcn *core, const int8_t *clip, size_t clip_size, uint32_t *words,
                                  size_t word_count, struct hypgcn_result *result);

/* Soft reset. `source_too`: whatever sends clips has been stopped in the middle of one, its rest will not come. */
enum hypgcn_error hypgcn_reset(struct hypgcn *core, bool source_too);

/* Waits until no clip and no result is under way. */
enum hypgcn_error hypgcn_wait_idle(struct hypgcn *core);

/* Raises all activation thresholds by 0..127 for the clips that follow. */
enum hypgcn_error hypgcn_set_threshold(struct hypgcn *core, uint32_t raise);

/* Sticky errors since they were cleared, HYPGCN_FLAG_...; `clear` clears those that were read. */
enum hypgcn_error hypgcn_errors(struct hypgcn *core, bool clear, uint32_t *flags);

/* Copies all counters of the core in one cycle; `clear`: those of the blocks start from 0 at the same time. */
enum hypgcn_error hypgcn_snapshot(struct hypgcn *core, bool clear, struct hypgcn_counters *counters);

/* Counters of block 0..blocks-1 as of the last snapshot. */
enum hypgcn_error hypgcn_block(struct hypgcn *core, uint32_t block, struct hypgcn_block_counters *counters);

/* Events that raise the interrupt output: HYPGCN_REG_INTERRUPT_ENABLE_..._MASK; 0 shuts it. */
enum hypgcn_error hypgcn_enable_interrupts(struct hypgcn *core, uint32_t events);

/* Events since the last call, which are cleared. */
enum hypgcn_error hypgcn_take_interrupts(struct hypgcn *core, uint32_t *events);

#ifdef __cplusplus
}
#endif

#endif
