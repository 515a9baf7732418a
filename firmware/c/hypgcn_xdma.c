#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* registers of a 32-bit host may be anywhere on the bus */

#include "hypgcn_xdma.h"
#include "hypgcn_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

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

static enum hypgcn_error failure(ssize_t count)
{
    return count < 0 && (errno == ETIMEDOUT || errno == ERESTART || errno == EAGAIN) ? HYPGCN_ERROR_TIMEOUT
                                                                                    : HYPGCN_ERROR_BUS;
}

/*
 * The result waits in the core until it is read, so a clip can be sent before the reader is there: the read needs no
 * thread of its own. Where the XDMA driver does not report whether a device is ready, the waits end at once and the
 * driver's own limit (its parameters h2c_timeout and c2h_timeout) ends the call that follows.
 */
static enum hypgcn_error transfer(void *context, const void *tx, size_t tx_size, void *rx, size_t rx_size,
                                  uint32_t timeout_ms, size_t *received)
{
    const struct hypgcn_xdma *device = context;
    const uint32_t start = hypgcn_get_posix_milliseconds();
    enum hypgcn_error error;
    *received = 0;
    if (tx_size != 0) {
        error = hypgcn_wait_posix_file(device->h2c, POLLOUT, start, timeout_ms);
        if (error != HYPGCN_OK) {
            return error;
        }
        ssize_t count = write(device->h2c, tx, tx_size);
        if (count < 0 || (size_t)count != tx_size) {
            return failure(count);
        }
    }
    if (rx_size != 0) {
        error = hypgcn_wait_posix_file(device->c2h, POLLIN, start, timeout_ms);
        if (error != HYPGCN_OK) {
            return error;
        }
        ssize_t count = read(device->c2h, rx, rx_size);
        if (count <= 0) {
            return failure(count);
        }
        *received = (size_t)count;
    }
    return HYPGCN_OK;
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
    device->c2h = open(paths->c2h, O_RDONLY);
    if (device->user < 0 || device->h2c < 0 || device->c2h < 0) {
        hypgcn_close_xdma(device);
        return HYPGCN_ERROR_BUS;
    }
    *bus = (struct hypgcn_bus){.context = device, .read32 = core_read, .write32 = core_write, .transfer = transfer};
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
