#define _POSIX_C_SOURCE 200809L

#include "hypgcn_uio.h"
#include "hypgcn_posix.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define RESET_TIMEOUT_MS 1000u /* a reset takes microseconds, but Linux may be busy with other processes */
/* Results are kept apart from clips by whole cache lines and bursts. */
#define ALIGNMENT 64u

static uint32_t get_milliseconds(void *context)
{
    (void)context;
    return hypgcn_get_posix_milliseconds();
}

static struct hypgcn_axidma_io io_of(struct hypgcn_uio *device)
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
    struct hypgcn_uio *device = context;
    const struct hypgcn_axidma_io io = io_of(device);
    size_t rx_offset = (tx_size + ALIGNMENT - 1u) / ALIGNMENT * ALIGNMENT;
    *received = 0;
    if (tx_size > device->buffer_size || rx_offset > device->buffer_size
        || rx_size > device->buffer_size - rx_offset) {
        return HYPGCN_ERROR_BUS;
    }
    if (tx_size != 0) {
        memcpy(device->buffer, tx, tx_size);
    }
    enum hypgcn_error error = hypgcn_transfer_axidma(&io, device->phys, tx_size, device->phys + rx_offset, rx_size,
                                                     timeout_ms, received);
    if (error == HYPGCN_OK && rx_size != 0) {
        memcpy(rx, device->buffer + rx_offset, *received < rx_size ? *received : rx_size);
    }
    return error;
}

static void *map(int file, size_t size)
{
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return start == MAP_FAILED ? NULL : start;
}

/* The number in a sysfs file, written in hexadecimal with or without 0x. */
static bool read_number(const char *path, uint64_t *value)
{
    char text[32];
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return false;
    }
    ssize_t count = read(file, text, sizeof text - 1);
    (void)close(file);
    if (count <= 0) {
        return false;
    }
    text[count] = '\0';
    char *end = NULL;
    *value = strtoull(text, &end, 16);
    return end != text;
}

enum hypgcn_error hypgcn_open_uio(struct hypgcn_uio *device, const struct hypgcn_uio_paths *paths,
                                  struct hypgcn_bus *bus)
{
    if (device == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    *device = (struct hypgcn_uio){.core_file = -1, .dma_file = -1, .buffer_file = -1};
    if (paths == NULL || bus == NULL || paths->core == NULL || paths->dma == NULL || paths->buffer == NULL
        || paths->buffer_phys == NULL || paths->buffer_size == 0) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    device->core_file = open(paths->core, O_RDWR | O_SYNC);
    device->dma_file = open(paths->dma, O_RDWR | O_SYNC);
    device->buffer_file = open(paths->buffer, O_RDWR | O_SYNC);
    if (device->core_file >= 0 && device->dma_file >= 0 && device->buffer_file >= 0
        && read_number(paths->buffer_phys, &device->phys)) {
        device->mmio.core = map(device->core_file, PAGE);
        device->mmio.dma = map(device->dma_file, PAGE);
        device->buffer = map(device->buffer_file, paths->buffer_size);
        device->buffer_size = paths->buffer_size;
    }
    enum hypgcn_error error = HYPGCN_ERROR_BUS;
    if (device->mmio.core != NULL && device->mmio.dma != NULL && device->buffer != NULL) {
        const struct hypgcn_axidma_io io = io_of(device);
        error = hypgcn_reset_axidma(&io, RESET_TIMEOUT_MS);
    }
    if (error != HYPGCN_OK) {
        hypgcn_close_uio(device);
        return error;
    }
    *bus = (struct hypgcn_bus){
        .context = device,
        .read32 = hypgcn_read_core_register,
        .write32 = hypgcn_write_core_register,
        .transfer = transfer,
    };
    return HYPGCN_OK;
}

void hypgcn_close_uio(struct hypgcn_uio *device)
{
    if (device == NULL) {
        return;
    }
    if (device->mmio.core != NULL) {
        (void)munmap((void *)(uintptr_t)device->mmio.core, PAGE);
    }
    if (device->mmio.dma != NULL) {
        (void)munmap((void *)(uintptr_t)device->mmio.dma, PAGE);
    }
    if (device->buffer != NULL) {
        (void)munmap(device->buffer, device->buffer_size);
    }
    int files[] = {device->core_file, device->dma_file, device->buffer_file};
    for (size_t n = 0; n < sizeof files / sizeof *files; n++) {
        if (files[n] >= 0) {
            (void)close(files[n]);
        }
    }
    *device = (struct hypgcn_uio){.core_file = -1, .dma_file = -1, .buffer_file = -1};
}

enum hypgcn_error hypgcn_wait_uio_interrupt(struct hypgcn_uio *device, uint32_t timeout_ms)
{
    if (device == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    const uint32_t start = hypgcn_get_posix_milliseconds();
    uint32_t count = 1; /* to UIO: enable */
    if (write(device->core_file, &count, sizeof count) != (ssize_t)sizeof count) {
        return HYPGCN_ERROR_BUS;
    }
    enum hypgcn_error error = hypgcn_wait_posix_file(device->core_file, POLLIN, start, timeout_ms);
    if (error != HYPGCN_OK) {
        return error;
    }
    return read(device->core_file, &count, sizeof count) == (ssize_t)sizeof count ? HYPGCN_OK : HYPGCN_ERROR_BUS;
}
