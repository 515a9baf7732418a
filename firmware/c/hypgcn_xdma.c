#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* registers of a 32-bit host may be anywhere on the bus */

#include "hypgcn_xdma.h"
#include "hypgcn_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* What the kernel calls ERESTARTSYS. No program should see it, but the driver's time-outs gave it until 2026. */
#define RESTART_LEAK 512

static enum hypgcn_error core_read(void *context, uint32_t address, uint32_t *value)
{
    const struct hypgcn_xdma *device = context;
    ssize_t count = pread(device->user, value, sizeof *value, (off_t)(device->base + address));
    return count == (ssize_t)sizeof *value ? HYPGCN_OK : HYPGCN_ERROR_BUS;
}

static enum hypgcn_error core_write(void *context, uint32_t address, uint32_t value)
{
    const struct hypgcn_xdma *device = context;
    ssize_t count = pwrite(device->user, &value, sizeof value, (off_t)(device->base + address));
    return count == (ssize_t)sizeof value ? HYPGCN_OK : HYPGCN_ERROR_BUS;
}

/* Error of a write or read that gave `count`. */
static enum hypgcn_error failure(ssize_t count)
{
    if (count >= 0) {
        return HYPGCN_ERROR_PARTIAL;
    }
    switch (errno) {
    case ETIMEDOUT:
    case RESTART_LEAK:
    case EAGAIN: return HYPGCN_ERROR_TIMEOUT;
    case EINTR: return HYPGCN_ERROR_SIGNAL;
    case EINVAL: return HYPGCN_ERROR_ALIGNMENT;
    default: return HYPGCN_ERROR_BUS;
    }
}

static size_t round_up(size_t size)
{
    return (size + HYPGCN_XDMA_ALIGNMENT - 1u) / HYPGCN_XDMA_ALIGNMENT * HYPGCN_XDMA_ALIGNMENT;
}

static enum hypgcn_error check(void *context, size_t tx_size, size_t rx_size)
{
    (void)context;
    if (tx_size > (HYPGCN_XDMA_MAX_PAGES - 1u) * HYPGCN_XDMA_PAGE) { /* it may begin and end within a page */
        return HYPGCN_ERROR_PACKET;
    }
    return rx_size > HYPGCN_XDMA_RESULT_BYTES ? HYPGCN_ERROR_BUFFER : HYPGCN_OK;
}

static enum hypgcn_error send(const struct hypgcn_xdma *device, const void *tx, size_t tx_size, uint32_t start,
                              uint32_t timeout_ms)
{
    enum hypgcn_error error = hypgcn_wait_posix_file(device->h2c, POLLOUT, start, timeout_ms);
    if (error != HYPGCN_OK) {
        return error;
    }
    /* Not repeated for the rest of a partial one, nor after a signal: a part may have been sent, its packet ended. */
    ssize_t count = write(device->h2c, tx, tx_size);
    return count >= 0 && (size_t)count == tx_size ? HYPGCN_OK : failure(count);
}

static enum hypgcn_error receive(struct hypgcn_xdma *device, void *rx, size_t rx_size, uint32_t start,
                                 uint32_t timeout_ms, size_t *received)
{
    enum hypgcn_error error = hypgcn_wait_posix_file(device->c2h, POLLIN, start, timeout_ms);
    if (error != HYPGCN_OK) {
        return error;
    }
    unsigned char *page = device->space;
    page += (HYPGCN_XDMA_PAGE - (uintptr_t)page % HYPGCN_XDMA_PAGE) % HYPGCN_XDMA_PAGE;
    ssize_t count = read(device->c2h, page, round_up(rx_size));
    if (count <= 0) {
        return failure(count);
    }
    *received = (size_t)count;
    memcpy(rx, page, *received < rx_size ? *received : rx_size);
    return HYPGCN_OK;
}

/*
 * The result waits in the core until it is read, so a clip can be sent before the reader is there: the read needs no
 * thread of its own. Where the XDMA driver does not report whether a device is ready, the waits end at once and the
 * driver's own limit (its parameters h2c_timeout and c2h_timeout) ends the call that follows.
 */
static enum hypgcn_error transfer(void *context, const void *tx, size_t tx_size, void *rx, size_t rx_size,
                                  uint32_t timeout_ms, size_t *received)
{
    struct hypgcn_xdma *device = context;
    const uint32_t start = hypgcn_get_posix_milliseconds();
    *received = 0;
    enum hypgcn_error error = check(context, tx_size, rx_size);
    if (error == HYPGCN_OK && tx_size != 0 && (uintptr_t)tx % HYPGCN_XDMA_ALIGNMENT != 0) {
        error = HYPGCN_ERROR_ALIGNMENT;
    }
    if (error == HYPGCN_OK && tx_size != 0) {
        error = send(device, tx, tx_size, start, timeout_ms);
    }
    if (error == HYPGCN_OK && rx_size != 0) {
        error = receive(device, rx, rx_size, start, timeout_ms, received);
    }
    return error;
}

/*
 * Opened with O_TRUNC, by which the driver ends a read with a packet; a file given by mistake must not lose its
 * contents.
 */
static int open_stream(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0 || S_ISREG(about.st_mode)) {
        return -1;
    }
    return open(path, O_RDWR | O_TRUNC); /* with O_RDONLY the kernel would ask for the right to write all the same */
}

enum hypgcn_error hypgcn_open_xdma(struct hypgcn_xdma *device, const struct hypgcn_xdma_paths *paths,
                                   struct hypgcn_bus *bus)
{
    if (device == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    *device = (struct hypgcn_xdma){.user = -1, .h2c = -1, .c2h = -1};
    if (paths == NULL || bus == NULL || paths->user == NULL || paths->h2c == NULL || paths->c2h == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    device->base = paths->base;
    device->user = open(paths->user, O_RDWR);
    device->h2c = open(paths->h2c, O_WRONLY);
    device->c2h = open_stream(paths->c2h);
    if (device->user < 0 || device->h2c < 0 || device->c2h < 0) {
        hypgcn_close_xdma(device);
        return HYPGCN_ERROR_DEVICE;
    }
    *bus = (struct hypgcn_bus){
        .context = device, .read32 = core_read, .write32 = core_write, .transfer = transfer, .check = check};
    return HYPGCN_OK;
}

void hypgcn_close_xdma(struct hypgcn_xdma *device)
{
    if (device == NULL) {
        return;
    }
    int *files[] = {&device->user, &device->h2c, &device->c2h};
    for (size_t n = 0; n < sizeof files / sizeof *files; n++) {
        if (*files[n] >= 0) {
            (void)close(*files[n]);
            *files[n] = -1;
        }
    }
}
