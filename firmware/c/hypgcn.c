#include "hypgcn.h"

#define DEFAULT_TIMEOUT_MS 1000u
#define DEFAULT_POLLS 100000u
/* A result that was cut off, and the rest of one that the receiver gave up. */
#define STALE_PACKETS 2u

#define FIELD(word, name) (((word) & HYPGCN_REG_##name##_MASK) >> HYPGCN_REG_##name##_SHIFT)

const char *hypgcn_describe_error(enum hypgcn_error error)
{
    switch (error) {
    case HYPGCN_OK: return "no error";
    case HYPGCN_ERROR_ARGUMENT: return "an argument is missing or out of its range";
    case HYPGCN_ERROR_BUS: return "the bus reported a failure";
    case HYPGCN_ERROR_TIMEOUT: return "the core or the bus did not answer in time";
    case HYPGCN_ERROR_IDENTITY: return "there is no hypgcn core at this address";
    case HYPGCN_ERROR_ABI: return "the registers of the core are of another version than the driver";
    case HYPGCN_ERROR_HASH: return "the core was made from another design";
    case HYPGCN_ERROR_SHAPE: return "the shape that the core reports is impossible";
    case HYPGCN_ERROR_SIZE: return "the clip is not of the size that the core takes, or the buffer is too small";
    case HYPGCN_ERROR_RESULT: return "what came back is not the result of this clip";
    case HYPGCN_ERROR_DEVICE: return "a device file is missing, cannot be opened or mapped, or is no device";
    case HYPGCN_ERROR_BUFFER: return "the buffer of the DMA is too small for a clip and a result of this core";
    case HYPGCN_ERROR_CACHED: return "the buffer of the DMA is cached: set sync_mode of u-dma-buf to 1, 2 or 3";
    case HYPGCN_ERROR_ALIGNMENT: return "an address or a size is not aligned as the DMA needs it";
    case HYPGCN_ERROR_NO_INTERRUPT: return "the UIO device has no interrupt";
    case HYPGCN_ERROR_SIGNAL: return "a signal ended the transfer";
    case HYPGCN_ERROR_PARTIAL: return "only a part of the packet was transferred";
    case HYPGCN_ERROR_PACKET: return "a clip of this core is longer than one packet of the XDMA driver";
    case HYPGCN_ERROR_DMA_MISSING: return "there is no AXI DMA with both channels at this address";
    case HYPGCN_ERROR_DMA_SG: return "the AXI DMA was built with scatter-gather; it must be built without";
    case HYPGCN_ERROR_DMA_LENGTH: return "the length register of the AXI DMA is too narrow for a clip of this core";
    case HYPGCN_ERROR_DMA_ADDRESS: return "the addresses of the AXI DMA are too narrow for this memory";
    case HYPGCN_ERROR_DMA_INTERNAL: return "internal error of the AXI DMA: a packet is longer than its buffer";
    case HYPGCN_ERROR_DMA_SLAVE: return "the memory refused an access of the AXI DMA (slave error)";
    case HYPGCN_ERROR_DMA_DECODE: return "there is no memory at an address that the AXI DMA used (decode error)";
    case HYPGCN_ERROR_COUNT: break;
    }
    return "unknown error";
}

/*
 * Accesses in a row: `error` is that of the first one which failed, and nothing touches the core after it. A read that
 * failed or was left out gives 0.
 */
static uint32_t read_register(const struct hypgcn *core, uint32_t address, enum hypgcn_error *error)
{
    uint32_t value = 0;
    if (*error == HYPGCN_OK) {
        *error = core->bus.read32(core->bus.context, address, &value);
    }
    return *error == HYPGCN_OK ? value : 0;
}

static void write_register(const struct hypgcn *core, uint32_t address, uint32_t value, enum hypgcn_error *error)
{
    if (*error == HYPGCN_OK) {
        *error = core->bus.write32(core->bus.context, address, value);
    }
}

/* Reads until the bits of `mask` are `expected`. */
static void wait_register(const struct hypgcn *core, uint32_t address, uint32_t mask, uint32_t expected,
                          enum hypgcn_error *error)
{
    for (uint32_t polls = 0; polls < core->polls && *error == HYPGCN_OK; polls++) {
        uint32_t value = read_register(core, address, error);
        if (*error == HYPGCN_OK && (value & mask) == expected) {
            return;
        }
    }
    if (*error == HYPGCN_OK) {
        *error = HYPGCN_ERROR_TIMEOUT;
    }
}

static enum hypgcn_error check_identity(struct hypgcn *core, uint64_t hash)
{
    enum hypgcn_error error = HYPGCN_OK;
    uint32_t magic = read_register(core, HYPGCN_REG_MAGIC, &error);
    if (error == HYPGCN_OK && magic != HYPGCN_MAGIC) {
        error = HYPGCN_ERROR_IDENTITY;
    }
    uint32_t version = read_register(core, HYPGCN_REG_VERSION, &error);
    uint32_t abi = FIELD(version, VERSION_ABI);
    if (error == HYPGCN_OK && abi != HYPGCN_ABI && abi != HYPGCN_ABI_ENSEMBLE) {
        error = HYPGCN_ERROR_ABI;
    }
    core->shape.streams = error == HYPGCN_OK && abi == HYPGCN_ABI_ENSEMBLE ? HYPGCN_MAX_STREAMS : 0; /* counted below */
    core->version = version & ~HYPGCN_REG_VERSION_ABI_MASK;
    uint32_t low = read_register(core, HYPGCN_REG_HASH_LOW, &error);
    uint32_t high = read_register(core, HYPGCN_REG_HASH_HIGH, &error);
    core->hash = (uint64_t)high << 32 | low;
    if (error == HYPGCN_OK && hash != 0 && hash != core->hash) {
        error = HYPGCN_ERROR_HASH;
    }
    return error;
}

static bool is_possible(const struct hypgcn_shape *shape)
{
    uint64_t values = (uint64_t)shape->persons * shape->frames * shape->joints; /* of one channel */
    return values != 0 && shape->channels != 0 && values <= UINT32_MAX
           && values * shape->channels * shape->element_bytes == shape->clip_bytes
           && shape->clip_bytes / shape->element_bytes <= HYPGCN_MAX_CLIP_BYTES / HYPGCN_MAX_ELEMENT_BYTES
           && shape->classes != 0 && shape->classes <= HYPGCN_MAX_CLASSES && shape->blocks != 0
           && shape->blocks <= HYPGCN_MAX_BLOCKS;
}

/*
 * Blocks of the networks of an ensemble, and how many networks there are: the rest is 0. Whether that is possible: at
 * least two, without a gap, with all blocks together.
 */
static bool read_streams(struct hypgcn *core, enum hypgcn_error *error)
{
    struct hypgcn_shape *shape = &core->shape;
    if (shape->streams == 0) {
        return true;
    }
    uint32_t words[] = {read_register(core, HYPGCN_REG_STREAMS_0, error),
                        read_register(core, HYPGCN_REG_STREAMS_1, error)};
    uint32_t blocks = 0;
    bool gap = false;
    shape->streams = 0;
    for (uint32_t n = 0; n < HYPGCN_MAX_STREAMS; n++) {
        shape->stream_blocks[n] = words[n / 4] >> 8 * (n % 4) & 0xffu;
        blocks += shape->stream_blocks[n];
        gap = gap || (shape->stream_blocks[n] != 0 && shape->streams != n);
        shape->streams += shape->stream_blocks[n] != 0;
    }
    return !gap && shape->streams >= 2 && blocks == shape->blocks;
}

static enum hypgcn_error read_shape(struct hypgcn *core)
{
    struct hypgcn_shape *shape = &core->shape;
    enum hypgcn_error error = HYPGCN_OK;
    uint32_t shape_0 = read_register(core, HYPGCN_REG_SHAPE_0, &error);
    uint32_t shape_1 = read_register(core, HYPGCN_REG_SHAPE_1, &error);
    uint32_t network = read_register(core, HYPGCN_REG_NETWORK, &error);
    shape->clip_bytes = read_register(core, HYPGCN_REG_CLIP_BYTES, &error);
    shape->frames = FIELD(shape_0, SHAPE_0_FRAMES);
    shape->joints = FIELD(shape_0, SHAPE_0_JOINTS);
    shape->persons = FIELD(shape_1, SHAPE_1_PERSONS);
    shape->channels = FIELD(shape_1, SHAPE_1_CHANNELS);
    shape->classes = FIELD(network, NETWORK_CLASSES);
    shape->blocks = FIELD(network, NETWORK_BLOCKS);
    shape->bus_bytes = FIELD(network, NETWORK_BUS_BYTES);
    uint32_t elements = shape->persons * shape->frames * shape->joints * shape->channels; /* checked below */
    shape->element_bytes = shape->clip_bytes / HYPGCN_MAX_ELEMENT_BYTES == elements ? HYPGCN_MAX_ELEMENT_BYTES : 1;
    bool streams_possible = read_streams(core, &error);
    shape->result_words = (1u + shape->streams) * shape->classes + HYPGCN_RESULT_TRAILER;
    return error == HYPGCN_OK && !(is_possible(shape) && streams_possible) ? HYPGCN_ERROR_SHAPE : error;
}

enum hypgcn_error hypgcn_open_core(struct hypgcn *core, const struct hypgcn_bus *bus, uint64_t hash)
{
    if (core == NULL || bus == NULL || bus->read32 == NULL || bus->write32 == NULL || bus->transfer == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    *core = (struct hypgcn){.bus = *bus, .timeout_ms = DEFAULT_TIMEOUT_MS, .polls = DEFAULT_POLLS};
    enum hypgcn_error error = check_identity(core, hash);
    if (error == HYPGCN_OK) {
        error = read_shape(core);
    }
    if (error == HYPGCN_OK && bus->check != NULL) {
        error = bus->check(bus->context, core->shape.clip_bytes, core->shape.result_words * sizeof(uint32_t));
    }
    if (error == HYPGCN_OK) {
        error = hypgcn_reset_core(core, true);
    }
    if (error == HYPGCN_OK) {
        error = hypgcn_read_errors(core, true, NULL);
    }
    return error;
}

/* Words arrive as little-endian bytes; on a little-endian machine this changes nothing. */
static void decode_words(uint32_t *words, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        const unsigned char *bytes = (const unsigned char *)&words[n];
        words[n] = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    }
}

/* Sends `clip` and receives one packet into `words`, of which only whole words count; gives its length in bytes. */
static size_t transfer_words(const struct hypgcn *core, const void *clip, size_t clip_size, uint32_t *words,
                             enum hypgcn_error *error)
{
    size_t received = 0;
    if (*error == HYPGCN_OK) {
        *error = core->bus.transfer(core->bus.context, clip, clip_size, words,
                                    core->shape.result_words * sizeof *words, core->timeout_ms, &received);
    }
    if (*error == HYPGCN_OK) {
        size_t count = received / sizeof *words;
        decode_words(words, count < core->shape.result_words ? count : core->shape.result_words);
    }
    return received;
}

/* Words of a result in front of its trailer. */
static uint32_t score_words(const struct hypgcn *core)
{
    return core->shape.result_words - HYPGCN_RESULT_TRAILER;
}

/* Whether `received` bytes in `words` are a whole result with the number that is due. */
static bool is_due(const struct hypgcn *core, const uint32_t *words, size_t received)
{
    const uint32_t *trailer = words + score_words(core);
    return received == core->shape.result_words * sizeof *words
           && (trailer[HYPGCN_RESULT_FLAGS] & HYPGCN_FLAG_ABORTED) == 0
           && trailer[HYPGCN_RESULT_CLIP] == core->next_clip
           && trailer[HYPGCN_RESULT_ARGMAX] < core->shape.classes;
}

enum hypgcn_error hypgcn_classify_clip(struct hypgcn *core, const void *clip, size_t clip_size, uint32_t *words,
                                  size_t word_count, struct hypgcn_result *result)
{
    if (core == NULL || clip == NULL || words == NULL || result == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    if (clip_size != core->shape.clip_bytes || word_count < core->shape.result_words) {
        return HYPGCN_ERROR_SIZE;
    }
    enum hypgcn_error error = HYPGCN_OK;
    write_register(core, HYPGCN_REG_CONTROL, HYPGCN_REG_CONTROL_START_MASK, &error);
    size_t received = transfer_words(core, clip, clip_size, words, &error);
    while (error == HYPGCN_OK && !is_due(core, words, received)) {
        if (core->stale == 0) {
            return HYPGCN_ERROR_RESULT;
        }
        core->stale--;
        received = transfer_words(core, NULL, 0, words, &error);
    }
    if (error != HYPGCN_OK) {
        return error;
    }
    const uint32_t *trailer = words + score_words(core);
    *result = (struct hypgcn_result){
        .scores = (const int32_t *)words,
        .argmax = trailer[HYPGCN_RESULT_ARGMAX],
        .clip = trailer[HYPGCN_RESULT_CLIP],
        .flags = trailer[HYPGCN_RESULT_FLAGS],
        .stream_scores = core->shape.streams != 0 ? (const int32_t *)words + core->shape.classes : NULL,
    };
    core->next_clip++;
    core->stale = 0;
    return HYPGCN_OK;
}

enum hypgcn_error hypgcn_reset_core(struct hypgcn *core, bool source_too)
{
    if (core == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    uint32_t bits = HYPGCN_REG_RESET_CORE_MASK | (source_too ? HYPGCN_REG_RESET_INPUT_MASK : 0u);
    enum hypgcn_error error = HYPGCN_OK;
    write_register(core, HYPGCN_REG_RESET, bits, &error);
    if (error == HYPGCN_OK) {
        core->next_clip = 0;
        core->stale = STALE_PACKETS;
    }
    wait_register(core, HYPGCN_REG_RESET, HYPGCN_REG_RESET_CORE_MASK, 0, &error);
    return error;
}

enum hypgcn_error hypgcn_wait_idle(struct hypgcn *core)
{
    if (core == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = HYPGCN_OK;
    wait_register(core, HYPGCN_REG_CONTROL, HYPGCN_REG_CONTROL_IDLE_MASK, HYPGCN_REG_CONTROL_IDLE_MASK, &error);
    return error;
}

enum hypgcn_error hypgcn_set_threshold(struct hypgcn *core, uint32_t raise)
{
    if (core == NULL || raise > HYPGCN_REG_THRESHOLD_RAISE_MASK >> HYPGCN_REG_THRESHOLD_RAISE_SHIFT) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = HYPGCN_OK;
    write_register(core, HYPGCN_REG_THRESHOLD, raise << HYPGCN_REG_THRESHOLD_RAISE_SHIFT, &error);
    return error;
}

enum hypgcn_error hypgcn_read_errors(struct hypgcn *core, bool clear, uint32_t *flags)
{
    if (core == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = HYPGCN_OK;
    uint32_t value = read_register(core, HYPGCN_REG_ERRORS, &error);
    if (flags != NULL && error == HYPGCN_OK) {
        *flags = value;
    }
    if (clear && value != 0) {
        write_register(core, HYPGCN_REG_ERRORS, value, &error);
    }
    return error;
}

enum hypgcn_error hypgcn_read_counters(struct hypgcn *core, bool clear, struct hypgcn_counters *counters)
{
    if (core == NULL || counters == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    uint32_t bits = HYPGCN_REG_SNAPSHOT_TAKE_MASK | (clear ? HYPGCN_REG_SNAPSHOT_CLEAR_MASK : 0u);
    enum hypgcn_error error = HYPGCN_OK;
    write_register(core, HYPGCN_REG_SNAPSHOT, bits, &error);
    uint32_t low = read_register(core, HYPGCN_REG_CYCLES_LOW, &error);
    uint32_t high = read_register(core, HYPGCN_REG_CYCLES_HIGH, &error);
    *counters = (struct hypgcn_counters){
        .cycles = (uint64_t)high << 32 | low,
        .clips_in = read_register(core, HYPGCN_REG_CLIPS_IN, &error),
        .clips_out = read_register(core, HYPGCN_REG_CLIPS_OUT, &error),
        .clip_cycles = read_register(core, HYPGCN_REG_CLIP_CYCLES, &error),
    };
    return error;
}

enum hypgcn_error hypgcn_read_block_counters(struct hypgcn *core, uint32_t block,
                                             struct hypgcn_block_counters *counters)
{
    if (core == NULL || counters == NULL || block >= core->shape.blocks) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = HYPGCN_OK;
    *counters = (struct hypgcn_block_counters){
        .busy = read_register(core, HYPGCN_REG_BLOCK_BUSY(block), &error),
        .starved = read_register(core, HYPGCN_REG_BLOCK_STARVED(block), &error),
        .blocked = read_register(core, HYPGCN_REG_BLOCK_BLOCKED(block), &error),
        .overflow = read_register(core, HYPGCN_REG_BLOCK_OVERFLOW(block), &error),
    };
    return error;
}

enum hypgcn_error hypgcn_enable_interrupts(struct hypgcn *core, uint32_t events)
{
    const uint32_t all = HYPGCN_REG_INTERRUPT_ENABLE_DONE_MASK | HYPGCN_REG_INTERRUPT_ENABLE_READY_MASK
                         | HYPGCN_REG_INTERRUPT_ENABLE_ERROR_MASK;
    if (core == NULL || (events & ~all) != 0) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = HYPGCN_OK;
    write_register(core, HYPGCN_REG_INTERRUPT_ENABLE, events, &error);
    write_register(core, HYPGCN_REG_INTERRUPT_GLOBAL, events != 0 ? HYPGCN_REG_INTERRUPT_GLOBAL_ENABLE_MASK : 0u,
                   &error);
    return error;
}

enum hypgcn_error hypgcn_take_interrupts(struct hypgcn *core, uint32_t *events)
{
    if (core == NULL || events == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    enum hypgcn_error error = HYPGCN_OK;
    *events = read_register(core, HYPGCN_REG_INTERRUPT_STATUS, &error);
    write_register(core, HYPGCN_REG_INTERRUPT_STATUS, *events, &error);
    return error;
}
