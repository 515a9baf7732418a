#define _POSIX_C_SOURCE 200809L

#include "hypgcn_uio.h"
#include "hypgcn_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h> /* of strings and paths only, never of mapped memory */
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define RESET_TIMEOUT_MS 1000u /* a reset takes microseconds, but Linux may be busy with other processes */
/* A clip and a result begin at such multiples: whole words of the processor, whole beats of any DMA. */
#define ALIGNMENT HYPGCN_AXIDMA_ALIGNMENT
#define PATH_BYTES 256u
/* Without these bits, u-dma-buf caches its buffer in spite of O_SYNC; the third forces what they say without it. */
#define SYNC_MODE_MASK 3u

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

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1u) / ALIGNMENT * ALIGNMENT;
}

/* Whether a clip and the result behind it fit into the buffer, and into a transfer of the DMA. */
static enum hypgcn_error check(void *context, size_t tx_size, size_t rx_size)
{
    const struct hypgcn_uio *device = context;
    enum hypgcn_error error = hypgcn_check_axidma(&device->limits, device->phys, tx_size);
    if (error == HYPGCN_OK) {
        error = hypgcn_check_axidma(&device->limits, device->phys, rx_size);
    }
    if (error == HYPGCN_OK
        && (tx_size > device->buffer_size || round_up(tx_size) > device->buffer_size
            || rx_size > device->buffer_size || round_up(rx_size) > device->buffer_size - round_up(tx_size))) {
        error = HYPGCN_ERROR_BUFFER;
    }
    return error;
}

static enum hypgcn_error transfer(void *context, const void *tx, size_t tx_size, void *rx, size_t rx_size,
                                  uint32_t timeout_ms, size_t *received)
{
    struct hypgcn_uio *device = context;
    const struct hypgcn_axidma_io io = io_of(device);
    const size_t rx_offset = round_up(tx_size);
    *received = 0;
    enum hypgcn_error error = check(context, tx_size, rx_size);
    if (error != HYPGCN_OK) {
        return error;
    }
    hypgcn_write_device_memory(device->buffer, tx, tx_size);
    error = hypgcn_transfer_axidma(&io, &device->limits, device->phys, tx_size, device->phys + rx_offset, rx_size,
                                   timeout_ms, received);
    if (error == HYPGCN_OK) {
        hypgcn_read_device_memory(rx, device->buffer + rx_offset, *received < rx_size ? *received : rx_size);
    }
    return error;
}

static void *map(int file, size_t size)
{
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return start == MAP_FAILED ? NULL : start;
}

/* The number in a sysfs file, in base 10 or 16 (with or without 0x). */
static bool read_number(const char *path, int base, uint64_t *value)
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
    errno = 0;
    *value = strtoull(text, &end, base);
    return end != text && errno == 0;
}

/* The number in the file `name` beside `path`; `absent` where there is none. */
static uint64_t read_sibling(const char *path, const char *name, uint64_t absent)
{
    char sibling[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    const size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1u;
    if (folder + strlen(name) >= sizeof sibling) {
        return absent;
    }
    memcpy(sibling, path, folder);
    memcpy(sibling + folder, name, strlen(name) + 1u);
    uint64_t value = absent;
    return read_number(sibling, 10, &value) ? value : absent;
}

static enum hypgcn_error check_buffer(const struct hypgcn_uio_paths *paths)
{
    if (read_sibling(paths->buffer_phys, "size", UINT64_MAX) < paths->buffer_size) {
        return HYPGCN_ERROR_BUFFER;
    }
    const bool cached = (read_sibling(paths->buffer_phys, "sync_mode", SYNC_MODE_MASK) & SYNC_MODE_MASK) == 0;
    return cached && read_sibling(paths->buffer_phys, "dma_coherent", 0) == 0 ? HYPGCN_ERROR_CACHED : HYPGCN_OK;
}

static enum hypgcn_error map_devices(struct hypgcn_uio *device, const struct hypgcn_uio_paths *paths)
{
    device->core_file = open(paths->core, O_RDWR | O_SYNC);
    device->dma_file = open(paths->dma, O_RDWR | O_SYNC);
    device->buffer_file = open(paths->buffer, O_RDWR | O_SYNC);
    if (device->core_file < 0 || device->dma_file < 0 || device->buffer_file < 0
        || !read_number(paths->buffer_phys, 16, &device->phys)) {
        return HYPGCN_ERROR_DEVICE;
    }
    enum hypgcn_error error = check_buffer(paths);
    if (error != HYPGCN_OK) {
        return error;
    }
    device->mmio.core = map(device->core_file, PAGE);
    device->mmio.dma = map(device->dma_file, PAGE);
    device->buffer = map(device->buffer_file, paths->buffer_size);
    device->buffer_size = paths->buffer_size;
    return device->mmio.core != NULL && device->mmio.dma != NULL && device->buffer != NULL ? HYPGCN_OK
                                                                                          : HYPGCN_ERROR_DEVICE;
}

/* Finds out how the DMA was built, and whether it reaches the whole buffer. */
static enum hypgcn_error open_dma(struct hypgcn_uio *device, const struct hypgcn_uio_paths *paths)
{
    const struct hypgcn_axidma_io io = io_of(device);
    device->limits = (struct hypgcn_axidma_limits){
        .alignment = ALIGNMENT, .address_bits = paths->address_bits, .max_bytes = paths->max_bytes};
    enum hypgcn_error error = hypgcn_probe_axidma(&io, RESET_TIMEOUT_MS, &device->limits);
    const uint64_t start[] = {device->phys, device->phys + (device->buffer_size - 1u) / ALIGNMENT * ALIGNMENT};
    for (size_t n = 0; n < 2 && error == HYPGCN_OK; n++) {
        error = hypgcn_check_axidma(&device->limits, start[n], 1);
    }
    return error;
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
    enum hypgcn_error error = map_devices(device, paths);
    if (error == HYPGCN_OK) {
        error = open_dma(device, paths);
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
        .check = check,
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
        /* uio_write of Linux: EIO without an interrupt, ENOSYS where the driver cannot switch it */
        return errno == EIO || errno == ENOSYS ? HYPGCN_ERROR_NO_INTERRUPT : HYPGCN_ERROR_BUS;
    }
    enum hypgcn_error error = hypgcn_wait_posix_file(device->core_file, POLLIN, start, timeout_ms);
    if (error != HYPGCN_OK) {
        return error;
    }
    return read(device->core_file, &count, sizeof count) == (ssize_t)sizeof count ? HYPGCN_OK : HYPGCN_ERROR_BUS;
}
