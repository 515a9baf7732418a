/*
 * Classifies files of clips (bytes in person-frame-joint-channel order, as hypgcn.design.clip.quantise_clip makes them)
 * over XDMA:
 *
 *     hypgcn-example USER H2C C2H HASH CLIP...
 *
 * HASH: the first 16 hexadecimal digits of the design's hash, 0 for any design.
 */
#include "hypgcn.h"
#include "hypgcn_xdma.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, enum hypgcn_error error)
{
    (void)fprintf(stderr, "%s: %s\n", what, hypgcn_describe_error(error));
    return EXIT_FAILURE;
}

/* Exactly `size` bytes of a file; `space` has one more, by which a longer file is noticed. */
static int load(const char *path, void *space, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    const size_t count = fread(space, 1, size + 1u, file);
    const int failed = ferror(file);
    (void)fclose(file);
    if (failed != 0) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        return EXIT_FAILURE;
    }
    return count == size ? EXIT_SUCCESS : fail(path, HYPGCN_ERROR_SIZE);
}

/* `clip` has room for a clip of the core and one byte. */
static int classify(struct hypgcn *core, const char *path, void *clip)
{
    static uint32_t words[HYPGCN_MAX_RESULT_WORDS];
    struct hypgcn_result result;
    const size_t size = core->shape.clip_bytes;
    if (load(path, clip, size) != EXIT_SUCCESS) {
        return EXIT_FAILURE;
    }
    enum hypgcn_error error = hypgcn_classify_clip(core, clip, size, words, sizeof words / sizeof *words, &result);
    if (error != HYPGCN_OK) {
        return fail(path, error);
    }
    (void)printf("%s: class %" PRIu32 ", score %" PRId32 ", flags %#" PRIx32 "\n", path, result.argmax,
                 result.scores[result.argmax], result.flags);
    return EXIT_SUCCESS;
}

static int classify_all(struct hypgcn *core, char **paths)
{
    /* As the core reports it: the largest clip of any design, HYPGCN_MAX_CLIP_BYTES, would be 64 MiB. */
    const size_t space = core->shape.clip_bytes / HYPGCN_XDMA_ALIGNMENT * HYPGCN_XDMA_ALIGNMENT + HYPGCN_XDMA_ALIGNMENT;
    void *clip = aligned_alloc(HYPGCN_XDMA_ALIGNMENT, space);
    if (clip == NULL) {
        perror("clip");
        return EXIT_FAILURE;
    }
    int status = EXIT_SUCCESS;
    for (; *paths != NULL && status == EXIT_SUCCESS; paths++) {
        status = classify(core, *paths, clip);
    }
    free(clip);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        (void)fprintf(stderr, "usage: %s USER H2C C2H HASH CLIP...\n", argv[0]);
        return EXIT_FAILURE;
    }
    char *end = NULL;
    errno = 0;
    const uint64_t hash = strtoull(argv[4], &end, 16);
    if (end == argv[4] || *end != '\0' || errno != 0) {
        (void)fprintf(stderr, "HASH must be up to 16 hexadecimal digits, not %s\n", argv[4]);
        return EXIT_FAILURE;
    }
    struct hypgcn core;
    struct hypgcn_bus bus;
    struct hypgcn_xdma device;
    const struct hypgcn_xdma_paths paths = {.user = argv[1], .h2c = argv[2], .c2h = argv[3], .base = 0};
    enum hypgcn_error error = hypgcn_open_xdma(&device, &paths, &bus);
    if (error != HYPGCN_OK) {
        return fail("open", error);
    }
    error = hypgcn_open_core(&core, &bus, hash);
    int status = error == HYPGCN_OK ? classify_all(&core, argv + 5) : fail("core", error);
    struct hypgcn_counters counters;
    if (status == EXIT_SUCCESS && hypgcn_read_counters(&core, false, &counters) == HYPGCN_OK) {
        (void)printf("%" PRIu32 " clips, the last in %" PRIu32 " cycles\n", counters.clips_out, counters.clip_cycles);
    }
    hypgcn_close_xdma(&device);
    return status;
}
