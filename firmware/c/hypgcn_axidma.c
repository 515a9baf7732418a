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
#define STATUS_IDLE 0x2u
#define STATUS_ERRORS 0x70u
#define STATUS_DONE 0x1000u

#define RESET_TIMEOUT_MS 100u
/* Bits of the length registers with the DMA's largest setting; a smaller one is an error of the block design. */
#define MAX_BYTES 0x3ffffffu

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

static enum hypgcn_error finish(const struct hypgcn_axidma_io *io, uint32_t channel, uint32_t start,
                                uint32_t timeout_ms)
{
    for (;;) {
        uint32_t status = io->read32(io->context, channel + STATUS);
        if ((status & STATUS_ERRORS) != 0) {
            return HYPGCN_ERROR_BUS;
        }
        if ((status & (STATUS_DONE | STATUS_IDLE)) == (STATUS_DONE | STATUS_IDLE)) {
            return HYPGCN_OK;
        }
        if (expired(io, start, timeout_ms)) {
            return HYPGCN_ERROR_TIMEOUT;
        }
    }
}

enum hypgcn_error hypgcn_transfer_axidma(const struct hypgcn_axidma_io *io, uint64_t tx, size_t tx_size, uint64_t rx,
                                         size_t rx_size, uint32_t timeout_ms, size_t *received)
{
    if (io == NULL || received == NULL || tx_size > MAX_BYTES || rx_size > MAX_BYTES) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    *received = 0;
    uint32_t start = io->milliseconds(io->context);
    enum hypgcn_error error = HYPGCN_OK;
    barrier();
    if (rx_size != 0) {
        begin(io, S2MM, rx, rx_size);
    }
    if (tx_size != 0) {
        begin(io, MM2S, tx, tx_size);
        error = finish(io, MM2S, start, timeout_ms);
    }
    if (error == HYPGCN_OK && rx_size != 0) {
        error = finish(io, S2MM, start, timeout_ms);
    }
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
    enum hypgcn_error error = hypgcn_transfer_axidma(&io, (uintptr_t)tx, tx_size, (uintptr_t)rx, rx_size, timeout_ms,
                                                     received);
    if (rx_size != 0 && device->invalidate != NULL) {
        device->invalidate(rx, rx_size);
    }
    return error;
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
    };
    const struct hypgcn_axidma_io io = io_of(device);
    return hypgcn_reset_axidma(&io, RESET_TIMEOUT_MS);
}
