/*
 * Classifies raw clips (int8, person-frame-joint-channel order, as hypgcn.design.clip.quantise_clip makes them) over
 * XDMA:
 *
 *     hypgcn-example USER H2C C2H HASH CLIP...
 *
 * HASH: the first 16 hexadecimal digits of the design's hash, 0 for any design.
 */
#include "hypgcn.h"
#include "hypgcn_xdma.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Sizes for any design: 16 persons x 300 frames x 64 joints x 4 channels, 1024 classes. */
#define MAX_BYTES (16u * 300u * 64u * 4u)
#define MAX_WORDS (1024u + HYPGCN_RESULT_TRAILER)

static int fail(const char *what, enum hypgcn_error error)
{
    (void)fprintf(stderr, "%s: %s\n", what, hypgcn_describe_error(error));
    return EXIT_FAILURE;
}

static int classify(struct hypgcn *core, const char *path)
{
    static int8_t clip[MAX_BYTES];
    static uint32_t words[MAX_WORDS];
    struct hypgcn_result result;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    size_t size = fread(clip, 1, sizeof clip, file);
    (void)fclose(file);
    enum hypgcn_error error = hypgcn_classify_clip(core, clip, size, words, MAX_WORDS, &result);
    if (error != HYPGCN_OK) {
        return fail(path, error);
    }
    (void)printf("%s: class %" PRIu32 ", score %" PRId32 ", flags %#" PRIx32 "\n", path, result.argmax,
                 result.scores[result.argmax], result.flags);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        (void)fprintf(stderr, "usage: %s USER H2C C2H HASH CLIP...\n", argv[0]);
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
    error = hypgcn_open_core(&core, &bus, strtoull(argv[4], NULL, 16));
    int status = error == HYPGCN_OK ? EXIT_SUCCESS : fail("core", error);
    for (int n = 5; n < argc && status == EXIT_SUCCESS; n++) {
        status = classify(&core, argv[n]);
    }
    struct hypgcn_counters counters;
    if (status == EXIT_SUCCESS && hypgcn_read_counters(&core, false, &counters) == HYPGCN_OK) {
        (void)printf("%" PRIu32 " clips, the last in %" PRIu32 " cycles\n", counters.clips_out, counters.clip_cycles);
    }
    hypgcn_close_xdma(&device);
    return status;
}
