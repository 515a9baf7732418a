/*
 * Device memory and device files for tests of the C driver's Linux back ends.
 *
 * The driver is built with -fsanitize=kernel-address, so that every access of its own code is announced here before it
 * happens, with address and size, and linked with --wrap for the functions below. What mmap gives is device memory: an
 * access that a 64-bit Arm would refuse there is counted and described, and so is a C library's copy to or from it.
 * The registers behind it are models in Python, and so are device files where `device_call` is set.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/types.h>

#define REGIONS 3 /* core, DMA, buffer, in the order in which hypgcn_open_uio maps them */

enum { REGISTERS = 2 }; /* the first regions are registers: words of 32 bits only */

struct region {
    uintptr_t start;
    size_t size;
};

/* Exported: */
long (*device_read)(int region, size_t offset);
void (*device_write)(int region, size_t offset, uint32_t value);
long (*device_call)(const char *function, int file, void *data, size_t size, long where);
unsigned device_faults;
unsigned device_accesses[REGIONS];
char device_first_fault[128];
void device_forget(void);

static struct region regions[REGIONS];
static int count;
static int stored = -1; /* region of a store to registers that was announced and has not been passed on */
static size_t stored_at;

void *__real_mmap(void *, size_t, int, int, int, off_t);
void *__real_memcpy(void *, const void *, size_t);
void *__real_memmove(void *, const void *, size_t);
void *__real_memset(void *, int, size_t);
int __real_open(const char *, int, ...);
int __real_open64(const char *, int, ...);
ssize_t __real_read(int, void *, size_t);
ssize_t __real_write(int, const void *, size_t);
ssize_t __real_pread64(int, void *, size_t, off_t);
ssize_t __real_pwrite64(int, const void *, size_t, off_t);
int __real_poll(struct pollfd *, nfds_t, int);
int __real_close(int);

void device_forget(void)
{
    count = 0;
    stored = -1;
    device_faults = 0;
    device_first_fault[0] = '\0';
    for (int n = 0; n < REGIONS; n++) {
        device_accesses[n] = 0;
    }
}

static int find(uintptr_t address, size_t size)
{
    for (int n = 0; n < count; n++) {
        if (address < regions[n].start + regions[n].size && address + size > regions[n].start) {
            return n;
        }
    }
    return -1;
}

static void report(const char *what, uintptr_t address, size_t size)
{
    if (device_faults++ == 0) {
        (void)snprintf(device_first_fault, sizeof device_first_fault, "%s of %zu bytes at ...%03x", what, size,
                       (unsigned)(address & 0xfffu));
    }
}

static void settle(void)
{
    if (stored >= 0) {
        int region = stored;
        stored = -1;
        device_write(region, stored_at, *(volatile uint32_t *)(regions[region].start + stored_at));
    }
}

static void announce(uintptr_t address, size_t size, int is_store)
{
    int region = find(address, size);
    if (region < 0) {
        return;
    }
    device_accesses[region]++;
    if (size > sizeof(uint64_t) || (size & (size - 1u)) != 0 || address % size != 0
        || (region < REGISTERS && size != sizeof(uint32_t))) {
        report(is_store ? "store" : "load", address, size);
        return;
    }
    if (region < REGISTERS && device_read != NULL) {
        settle();
        size_t offset = address - regions[region].start;
        if (is_store) {
            stored = region;
            stored_at = offset;
        } else {
            *(volatile uint32_t *)address = (uint32_t)device_read(region, offset);
        }
    }
}

#define HOOKS(size) \
    void __asan_load##size##_noabort(uintptr_t address); \
    void __asan_store##size##_noabort(uintptr_t address); \
    void __asan_load##size##_noabort(uintptr_t address) { announce(address, size, 0); } \
    void __asan_store##size##_noabort(uintptr_t address) { announce(address, size, 1); }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __asan_loadN_noabort(uintptr_t address, size_t size);
void __asan_storeN_noabort(uintptr_t address, size_t size);
void __asan_loadN_noabort(uintptr_t address, size_t size) { announce(address, size, 0); }
void __asan_storeN_noabort(uintptr_t address, size_t size) { announce(address, size, 1); }

static void check_call(const char *name, const void *start, size_t size)
{
    if (size != 0 && find((uintptr_t)start, size) >= 0) {
        report(name, (uintptr_t)start, size);
    }
}

void *__wrap_memcpy(void *to, const void *from, size_t size);
void *__wrap_memcpy(void *to, const void *from, size_t size)
{
    check_call("memcpy", to, size);
    check_call("memcpy", from, size);
    return __real_memcpy(to, from, size);
}

void *__wrap_memmove(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size)
{
    check_call("memmove", to, size);
    check_call("memmove", from, size);
    return __real_memmove(to, from, size);
}

void *__wrap_memset(void *to, int value, size_t size);
void *__wrap_memset(void *to, int value, size_t size)
{
    check_call("memset", to, size);
    return __real_memset(to, value, size);
}

void *__wrap_mmap(void *hint, size_t size, int protection, int flags, int file, off_t offset);
void *__wrap_mmap(void *hint, size_t size, int protection, int flags, int file, off_t offset)
{
    void *start = __real_mmap(hint, size, protection, flags, file, offset);
    if (start != MAP_FAILED && count < REGIONS) {
        regions[count++] = (struct region){(uintptr_t)start, size};
    }
    return start;
}

/* A result below 0 is an error number, as the kernel gives it. */
static long finish(long result)
{
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

#define OPEN(name) \
    int __wrap_##name(const char *path, int flags, ...); \
    int __wrap_##name(const char *path, int flags, ...) \
    { \
        if (device_call == NULL) { \
            return __real_##name(path, flags); \
        } \
        return (int)finish(device_call("open", -1, (void *)(uintptr_t)path, 0, flags)); \
    }
OPEN(open)
OPEN(open64)

ssize_t __wrap_read(int file, void *data, size_t size);
ssize_t __wrap_read(int file, void *data, size_t size)
{
    return device_call == NULL ? __real_read(file, data, size) : finish(device_call("read", file, data, size, 0));
}

ssize_t __wrap_write(int file, const void *data, size_t size);
ssize_t __wrap_write(int file, const void *data, size_t size)
{
    return device_call == NULL ? __real_write(file, data, size)
                               : finish(device_call("write", file, (void *)(uintptr_t)data, size, 0));
}

ssize_t __wrap_pread64(int file, void *data, size_t size, off_t where);
ssize_t __wrap_pread64(int file, void *data, size_t size, off_t where)
{
    return device_call == NULL ? __real_pread64(file, data, size, where)
                               : finish(device_call("pread", file, data, size, where));
}

ssize_t __wrap_pwrite64(int file, const void *data, size_t size, off_t where);
ssize_t __wrap_pwrite64(int file, const void *data, size_t size, off_t where)
{
    return device_call == NULL ? __real_pwrite64(file, data, size, where)
                               : finish(device_call("pwrite", file, (void *)(uintptr_t)data, size, where));
}

/* The kernel takes a device whose driver has no poll as always ready; XDMA's streams have none. */
int __wrap_poll(struct pollfd *entries, nfds_t number, int milliseconds);
int __wrap_poll(struct pollfd *entries, nfds_t number, int milliseconds)
{
    if (device_call == NULL) {
        return __real_poll(entries, number, milliseconds);
    }
    for (nfds_t n = 0; n < number; n++) {
        entries[n].revents = entries[n].events;
    }
    return (int)number;
}

int __wrap_close(int file);
int __wrap_close(int file)
{
    return device_call == NULL ? __real_close(file) : (int)finish(device_call("close", file, NULL, 0, 0));
}
