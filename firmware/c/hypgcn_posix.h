/*
 * Time and waiting for the back ends on Linux; the including file defines _POSIX_C_SOURCE first.
 */
#ifndef HYPGCN_POSIX_H
#define HYPGCN_POSIX_H

#include "hypgcn.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

/* Milliseconds since an arbitrary moment; wraps. */
static inline uint32_t hypgcn_get_posix_milliseconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

/*
 * Waits until `file` is ready for `events`, at most until `timeout_ms` after `start`; signals do not end the wait.
 * Errors: BUS, TIMEOUT.
 */
static inline enum hypgcn_error hypgcn_wait_posix_file(int file, short events, uint32_t start, uint32_t timeout_ms)
{
    struct pollfd entry = {.fd = file, .events = events};
    int count;
    do {
        uint32_t passed = hypgcn_get_posix_milliseconds() - start;
        uint32_t left = passed < timeout_ms ? timeout_ms - passed : 0u;
        count = poll(&entry, 1, left > (uint32_t)INT_MAX ? INT_MAX : (int)left);
    } while (count < 0 && errno == EINTR);
    if (count == 0) {
        return HYPGCN_ERROR_TIMEOUT;
    }
    return count < 0 || (entry.revents & (POLLERR | POLLNVAL)) != 0 ? HYPGCN_ERROR_BUS : HYPGCN_OK;
}

#endif
