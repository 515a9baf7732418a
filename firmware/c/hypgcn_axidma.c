#include "hypgcn_axidma.h"

#include <stdatomic.h>

/* Registers of one channel, from its base. */
#define MM2S 0x00u
#define S2MM 0x30u
#define CONTROL 0x00u
#define STATUS 0x04u
#define ADDRESS_LOW 0x18u
#define ADDRESS_HIGH 0x1cu
#define LENGTH 0x28u

#define CONTROL_RUN 0x1u
#define CONTROL_RESET 0x4u
#define STATUS_HALTED 0x1u
#define STATUS_IDLE 0x2u
#define STATUS_SCATTER_GATHER 0x8u
#define STATUS_INTERNAL 0x10u
#define STATUS_SLAVE 0x20u
#define STATUS_DECODE 0x40u
#define STATUS_DONE 0x1000u

#define RESET_TIMEOUT_MS 100u
/* The "width of buffer length register" is 8 to 26 bits. */
#define MIN_LENGTH 0xffu
#define MAX_LENGTH 0x3ffffffu

static bool expired(const struct hypgcn_axidma_io *io, uint32_t start, uint32_t timeout_ms)
{
    return io->milliseconds(io->context) - start > timeout_ms;
}

enum hypgcn_error hypgcn_reset_axidma(const struct hypgcn_axidma_io *io, uint32_t timeout_ms)
{
    if (io == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    uint32_t start = io->milliseconds(io->context);
    /* A reset of one channel resets both; it lasts until the transactions in flight have ended. */
    io->write32(io->context, MM2S + CONTROL, CONTROL_RESET);
    while ((io->read32(io->context, MM2S + CONTROL) & CONTROL_RESET) != 0) {
        if (expired(io, start, timeout_ms)) {
            return HYPGCN_ERROR_TIMEOUT;
        }
    }
    return HYPGCN_OK;
}

static bool is_valid(const struct hypgcn_axidma_limits *limits)
{
    return limits->alignment != 0 && limits->alignment <= HYPGCN_AXIDMA_ALIGNMENT
           && (limits->alignment & (limits->alignment - 1u)) == 0
           && (limits->address_bits == 0 || (limits->address_bits >= 32u && limits->address_bits <= 64u));
}

/* What a register of a halted channel keeps of all ones. */
static uint32_t read_width(const struct hypgcn_axidma_io *io, uint32_t offset)
{
    io->write32(io->context, offset, 0xffffffffu);
    uint32_t value = io->read32(io->context, offset);
    io->write32(io->context, offset, 0);
    return value;
}

static enum hypgcn_error check_channels(const struct hypgcn_axidma_io *io)
{
    const uint32_t to_core = io->read32(io->context, MM2S + STATUS);
    const uint32_t from_core = io->read32(io->context, S2MM + STATUS);
    /* After a reset a channel is halted; one that was not built reads as 0, a bus without a device as all ones. */
    if ((to_core & from_core & STATUS_HALTED) == 0 || (to_core & from_core) == 0xffffffffu) {
        return HYPGCN_ERROR_DMA_MISSING;
    }
    return ((to_core | from_core) & STATUS_SCATTER_GATHER) != 0 ? HYPGCN_ERROR_DMA_SG : HYPGCN_OK;
}

enum hypgcn_error hypgcn_probe_axidma(const struct hypgcn_axidma_io *io, uint32_t timeout_ms,
                                      struct hypgcn_axidma_limits *limits)
{
    if (io == NULL || limits == NULL || !is_valid(limits)) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = hypgcn_reset_axidma(io, timeout_ms);
    if (error == HYPGCN_OK) {
        error = check_channels(io);
    }
    if (error != HYPGCN_OK) {
        return error;
    }
    /* One setting of the DMA each, for both channels. */
    const uint32_t length = read_width(io, MM2S + LENGTH);
    const uint32_t address_bits = read_width(io, MM2S + ADDRESS_HIGH) != 0 ? 64u : 32u;
    if (length < MIN_LENGTH || length > MAX_LENGTH || (length & (length + 1u)) != 0) {
        return HYPGCN_ERROR_DMA_MISSING;
    }
    if (limits->address_bits > address_bits) {
        return HYPGCN_ERROR_DMA_ADDRESS;
    }
    if (limits->address_bits == 0) {
        limits->address_bits = address_bits;
    }
    if (limits->max_bytes == 0 || limits->max_bytes > length) {
        limits->max_bytes = length;
    }
    return hypgcn_reset_axidma(io, timeout_ms);
}

enum hypgcn_error hypgcn_check_axidma(const struct hypgcn_axidma_limits *limits, uint64_t address, size_t size)
{
    if (limits == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    if (size == 0) {
        return HYPGCN_OK;
    }
    if (size > limits->max_bytes) {
        return HYPGCN_ERROR_DMA_LENGTH;
    }
    const uint64_t last = address + (size - 1u);
    if (last < address || (limits->address_bits < 64u && last >> limits->address_bits != 0)) {
        return HYPGCN_ERROR_DMA_ADDRESS;
    }
    return (address & (limits->alignment - 1u)) != 0 ? HYPGCN_ERROR_ALIGNMENT : HYPGCN_OK;
}

/*
 * Between memory that the DMA reads or writes and the registers that start it or flag that it is done: volatile alone
 * does not put ordinary memory in order with them, and a fence of the C language only does so between processors.
 */
static void barrier(void)
{
#if defined(__aarch64__) || (defined(__ARM_ARCH) && __ARM_ARCH >= 7)
    __asm__ volatile("dsb sy" ::: "memory");
#elif defined(__riscv)
    __asm__ volatile("fence iorw, iorw" ::: "memory");
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

static void begin(const struct hypgcn_axidma_io *io, uint32_t channel, uint64_t address, size_t size)
{
    io->write32(io->context, channel + CONTROL, CONTROL_RUN);
    io->write32(io->context, channel + STATUS, STATUS_DONE);
    io->write32(io->context, channel + ADDRESS_LOW, (uint32_t)address);
    io->write32(io->context, channel + ADDRESS_HIGH, (uint32_t)(address >> 32));
    io->write32(io->context, channel + LENGTH, (uint32_t)size); /* starts it */
}

/* Error of a status, HYPGCN_OK where there is none. */
static enum hypgcn_error get_failure(uint32_t status)
{
    if ((status & STATUS_INTERNAL) != 0) {
        return HYPGCN_ERROR_DMA_INTERNAL;
    }
    if ((status & STATUS_SLAVE) != 0) {
        return HYPGCN_ERROR_DMA_SLAVE;
    }
    return (status & STATUS_DECODE) != 0 ? HYPGCN_ERROR_DMA_DECODE : HYPGCN_OK;
}

/* Waits for the channels of a transfer together: an error of one stops the other without an error of its own. */
static enum hypgcn_error finish(const struct hypgcn_axidma_io *io, bool to_core, bool from_core, uint32_t start,
                                uint32_t timeout_ms)
{
    const uint32_t done = STATUS_DONE | STATUS_IDLE;
    for (;;) {
        const uint32_t sent = to_core ? io->read32(io->context, MM2S + STATUS) : done;
        const uint32_t taken = from_core ? io->read32(io->context, S2MM + STATUS) : done;
        enum hypgcn_error error = get_failure(sent | taken);
        if (error != HYPGCN_OK) {
            return error;
        }
        if ((sent & taken & done) == done) {
            return HYPGCN_OK;
        }
        if (expired(io, start, timeout_ms)) {
            return HYPGCN_ERROR_TIMEOUT;
        }
    }
}

enum hypgcn_error hypgcn_transfer_axidma(const struct hypgcn_axidma_io *io, const struct hypgcn_axidma_limits *limits,
                                         uint64_t tx, size_t tx_size, uint64_t rx, size_t rx_size, uint32_t timeout_ms,
                                         size_t *received)
{
    if (io == NULL || limits == NULL || received == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = hypgcn_check_axidma(limits, tx, tx_size);
    if (error == HYPGCN_OK) {
        error = hypgcn_check_axidma(limits, rx, rx_size);
    }
    *received = 0;
    if (error != HYPGCN_OK) {
        return error;
    }
    uint32_t start = io->milliseconds(io->context);
    barrier();
    if (rx_size != 0) {
        begin(io, S2MM, rx, rx_size);
    }
    if (tx_size != 0) {
        begin(io, MM2S, tx, tx_size);
    }
    error = finish(io, tx_size != 0, rx_size != 0, start, timeout_ms);
    barrier();
    if (error != HYPGCN_OK) {
        (void)hypgcn_reset_axidma(io, RESET_TIMEOUT_MS);
        return error;
    }
    if (rx_size != 0) {
        *received = io->read32(io->context, S2MM + LENGTH);
    }
    return HYPGCN_OK;
}

static uint32_t get_milliseconds(void *context)
{
    const struct hypgcn_axidma *device = context;
    return device->milliseconds(device->context);
}

static struct hypgcn_axidma_io io_of(struct hypgcn_axidma *device)
{
    return (struct hypgcn_axidma_io){
        .context = device,
        .read32 = hypgcn_read_dma_register,
        .write32 = hypgcn_write_dma_register,
        .milliseconds = get_milliseconds,
    };
}

static enum hypgcn_error transfer(void *context, const void *tx, size_t tx_size, void *rx, size_t rx_size,
                                  uint32_t timeout_ms, size_t *received)
{
    struct hypgcn_axidma *device = context;
    const struct hypgcn_axidma_io io = io_of(device);
    if (device->flush != NULL) {
        if (tx_size != 0) {
            device->flush(tx, tx_size);
        }
        if (rx_size != 0) {
            device->flush(rx, rx_size); /* no dirty line may be written back over what arrives */
        }
    }
    enum hypgcn_error error = hypgcn_transfer_axidma(&io, &device->limits, (uintptr_t)tx, tx_size, (uintptr_t)rx,
                                                     rx_size, timeout_ms, received);
    if (rx_size != 0 && device->invalidate != NULL) {
        device->invalidate(rx, rx_size);
    }
    return error;
}

/* Of a clip and a result; where they will lie is known only with the transfer. */
static enum hypgcn_error check(void *context, size_t tx_size, size_t rx_size)
{
    const struct hypgcn_axidma *device = context;
    enum hypgcn_error error = hypgcn_check_axidma(&device->limits, 0, tx_size);
    return error == HYPGCN_OK ? hypgcn_check_axidma(&device->limits, 0, rx_size) : error;
}

enum hypgcn_error hypgcn_open_axidma(struct hypgcn_axidma *device, struct hypgcn_bus *bus)
{
    if (device == NULL || bus == NULL || device->mmio.core == NULL
        || device->mmio.dma == NULL || device->milliseconds == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    *bus = (struct hypgcn_bus){
        .context = device,
        .read32 = hypgcn_read_core_register,
        .write32 = hypgcn_write_core_register,
        .transfer = transfer,
        .check = check,
    };
    const struct hypgcn_axidma_io io = io_of(device);
    return hypgcn_probe_axidma(&io, RESET_TIMEOUT_MS, &device->limits);
}
