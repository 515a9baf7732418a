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
    HYPGCN_ERROR_SHAPE,    /* the core's shape registers are impossible */
    HYPGCN_ERROR_SIZE,     /* the clip is not of the core's size, or the buffer is too small */
    HYPGCN_ERROR_RESULT,   /* what came back is not the result of this clip */
    /* Of the back ends: */
    HYPGCN_ERROR_DEVICE,       /* a device file is missing, cannot be opened or mapped, or is no device */
    HYPGCN_ERROR_BUFFER,       /* the DMA's buffer is too small for a clip and a result of this core */
    HYPGCN_ERROR_CACHED,       /* the DMA's buffer is cached although it was opened with O_SYNC */
    HYPGCN_ERROR_ALIGNMENT,    /* an address or a size is not aligned as the DMA needs it */
    HYPGCN_ERROR_NO_INTERRUPT, /* the UIO device has no interrupt */
    HYPGCN_ERROR_SIGNAL,       /* a signal ended the transfer */
    HYPGCN_ERROR_PARTIAL,      /* only a part of the packet was transferred */
    HYPGCN_ERROR_PACKET,       /* a clip is longer than one packet of the XDMA driver */
    HYPGCN_ERROR_DMA_MISSING,  /* no AXI DMA with both channels at this address */
    HYPGCN_ERROR_DMA_SG,       /* the AXI DMA was built with scatter-gather */
    HYPGCN_ERROR_DMA_LENGTH,   /* the length register of the AXI DMA is too narrow for a clip of this core */
    HYPGCN_ERROR_DMA_ADDRESS,  /* the addresses of the AXI DMA are too narrow for this memory */
    HYPGCN_ERROR_DMA_INTERNAL, /* DMAIntErr: a packet is longer than its buffer */
    HYPGCN_ERROR_DMA_SLAVE,    /* DMASlvErr: the memory refused an access of the AXI DMA */
    HYPGCN_ERROR_DMA_DECODE,   /* DMADecErr: no memory at an address that the AXI DMA used */
    HYPGCN_ERROR_COUNT
};

/* What an error means, in English, without a full stop; never NULL. */
const char *hypgcn_describe_error(enum hypgcn_error error);

/*
 * Access to one core. Each function returns HYPGCN_OK, HYPGCN_ERROR_BUS, HYPGCN_ERROR_TIMEOUT, or an error of its back
 * end.
 *
 * read32, write32: a register, by its byte address from the base of the core.
 * transfer: sends `tx_size` bytes as one packet (TLAST on its last beat) and receives one packet of at most `rx_size`
 *     bytes; `received` is set to its length. The receiver is ready before the first byte is sent. `tx` or `rx` may be
 *     NULL with size 0: then only the other is done, and `received` is 0 without `rx`. Returns after `timeout_ms`
 *     at the latest; afterwards nothing touches the buffers any more.
 * check: whether transfers of `tx_size` and `rx_size` bytes are possible at all, without one; may be NULL.
 *     hypgcn_open_core calls it with the sizes of a clip and of a result.
 */
struct hypgcn_bus {
    void *context;
    enum hypgcn_error (*read32)(void *context, uint32_t address, uint32_t *value);
    enum hypgcn_error (*write32)(void *context, uint32_t address, uint32_t value);
    enum hypgcn_error (*transfer)(void *context, const void *tx, size_t tx_size, void *rx, size_t rx_size,
                                  uint32_t timeout_ms, size_t *received);
    enum hypgcn_error (*check)(void *context, size_t tx_size, size_t rx_size);
};

struct hypgcn_shape {
    uint32_t persons, frames, joints, channels; /* of a clip: [persons][frames][joints][channels] */
    uint32_t classes, blocks;
    uint32_t bus_bytes;     /* of a beat of a clip */
    uint32_t clip_bytes;    /* product of the first four and element_bytes */
    uint32_t result_words;  /* of 32 bits: scores, those of each network of an ensemble, and trailer */
    uint32_t element_bytes; /* 1: clips are int8, prepared; 2: int16, raw joints, lower byte first */
    uint32_t streams;       /* networks of an ensemble; 0 in a core of one network */
    uint32_t stream_blocks[HYPGCN_MAX_STREAMS]; /* blocks of each of them: those of `blocks`, in order */
};

/* Filled by hypgcn_open_core; `timeout_ms` and `polls` may be changed afterwards. */
struct hypgcn {
    struct hypgcn_bus bus;
    struct hypgcn_shape shape;
    uint64_t hash;       /* the first 16 hexadecimal digits of the design's hash */
    uint32_t version;    /* of the generator: major, minor, patch, a byte each */
    uint32_t timeout_ms; /* limit of the transfer of a packet, milliseconds */
    uint32_t polls;      /* reads of a register before a wait for it ends with HYPGCN_ERROR_TIMEOUT */
    uint32_t next_clip;  /* number that the next result must have */
    uint32_t stale;      /* packets that may still come from before the last reset */
};

struct hypgcn_result {
    const int32_t *scores; /* `shape.classes` of them, in the caller's buffer; times the design's logit_scale, logits */
    uint32_t argmax;       /* class of the highest score, 0..classes-1 */
    uint32_t clip;         /* number since the core was reset, from 0; wraps */
    uint32_t flags;        /* HYPGCN_FLAG_...; 0: the scores are those of the network for this clip */
    const int32_t *stream_scores; /* [streams][classes], in the caller's buffer; NULL in a core of one network */
};

struct hypgcn_counters {
    uint64_t cycles;              /* of the core's clock, since its reset */
    uint32_t clips_in, clips_out; /* since the reset; wrap */
    uint32_t clip_cycles;         /* from the first beat of the last result's clip to its result */
};

struct hypgcn_block_counters {
    uint32_t busy, starved, blocked; /* cycles: at work, without input, with output that is not taken */
    uint32_t overflow;               /* vectors that lost values in a store */
};

/*
 * All functions below return HYPGCN_OK or one of the errors named with them; HYPGCN_ERROR_BUS, HYPGCN_ERROR_TIMEOUT and
 * the errors of the back end may come from every one, and HYPGCN_ERROR_ARGUMENT for a null pointer where none is
 * allowed.
 */

/*
 * Checks that the bus leads to a hypgcn core of this register description and of the design `hash` (the first 16
 * hexadecimal digits as a number; 0 for any design), reads its shape, checks that the bus can transfer its clips and
 * results, and resets it. Nothing is written before identity, hash and sizes are right. The source of clips must be
 * idle. `core` is valid only after HYPGCN_OK.
 * Errors: IDENTITY, ABI, HASH, SHAPE; BUFFER, PACKET, DMA_LENGTH.
 */
enum hypgcn_error hypgcn_open_core(struct hypgcn *core, const struct hypgcn_bus *bus, uint64_t hash);

/*
 * Classifies one clip of `clip_size` bytes, [persons][frames][joints][channels] of `shape.element_bytes` each. In a clip
 * of raw joints, a joint whose first coordinate is HYPGCN_MISSING is missing. `words` is a buffer of
 * `word_count` words, `shape.result_words` or more, which `result->scores` points into. HYPGCN_OK with flags in the
 * result means that a result came, but see docs/registers.md for what it is worth. After any error but ARGUMENT and
 * SIZE: reset the bus, then hypgcn_reset_core(core, true).
 * Errors: SIZE, RESULT. Waits `timeout_ms` at most for each packet.
 */
enum hypgcn_error hypgcn_classify_clip(struct hypgcn *core, const void *clip, size_t clip_size, uint32_t *words,
                                       size_t word_count, struct hypgcn_result *result);

/* Soft reset. `source_too`: whatever sends clips was stopped in the middle of one, and its rest will not come. */
enum hypgcn_error hypgcn_reset_core(struct hypgcn *core, bool source_too);

/* Waits until no clip and no result is in flight, for `polls` reads of a register at most. */
enum hypgcn_error hypgcn_wait_idle(struct hypgcn *core);

/* Raises all activation thresholds by `raise`, 0..127 int8 steps, for the clips that follow. Errors: ARGUMENT. */
enum hypgcn_error hypgcn_set_threshold(struct hypgcn *core, uint32_t raise);

/* Sticky errors since they were cleared, HYPGCN_FLAG_...; `clear` clears those that were read; `flags` may be NULL. */
enum hypgcn_error hypgcn_read_errors(struct hypgcn *core, bool clear, uint32_t *flags);

/*
 * Captures all counters of the core in one cycle and reads those of the core itself; `clear`: the counters of the
 * blocks start from 0 in the same cycle.
 */
enum hypgcn_error hypgcn_read_counters(struct hypgcn *core, bool clear, struct hypgcn_counters *counters);

/* Counters of `block`, 0..shape.blocks-1, as hypgcn_read_counters captured them last. Errors: ARGUMENT. */
enum hypgcn_error hypgcn_read_block_counters(struct hypgcn *core, uint32_t block,
                                             struct hypgcn_block_counters *counters);

/* Events that raise the interrupt output: HYPGCN_REG_INTERRUPT_ENABLE_..._MASK; 0 disables it. Errors: ARGUMENT. */
enum hypgcn_error hypgcn_enable_interrupts(struct hypgcn *core, uint32_t events);

/* Events since the last call, HYPGCN_REG_INTERRUPT_STATUS_..._MASK, which are cleared. */
enum hypgcn_error hypgcn_take_interrupts(struct hypgcn *core, uint32_t *events);

#ifdef __cplusplus
}
#endif

#endif
