#include "hypgcn.h"

#define DEFAULT_TIMEOUT_MS 1000u
#define DEFAULT_POLLS 100000u
/* A result that was cut off, and the rest of one that the receiver gave up. */
#define STALE_PACKETS 2u

#define FIELD(word, name) (((word) & HYPGCN_REG_##name##_MASK) >> HYPGCN_REG_##name##_SHIFT)

#define TRY(call)                            \
    do {                                     \
        enum hypgcn_error error_ = (call);   \
        if (error_ != HYPGCN_OK) {           \
            return error_;                   \
        }                                    \
    } while (0)

const char *hypgcn_error_text(enum hypgcn_error error)
{
    switch (error) {
    case HYPGCN_OK: return "no error";
    case HYPGCN_ERROR_ARGUMENT: return "an argument is missing or out of its range";
    case HYPGCN_ERROR_BUS: return "the bus reported a failure";
    case HYPGCN_ERROR_TIMEOUT: return "the core or the bus did not answer in time";
    case HYPGCN_ERROR_IDENTITY: return "there is no hypgcn core at this address";
    case HYPGCN_ERROR_ABI: return "the registers of the core are of another version than the driver";
    case HYPGCN_ERROR_HASH: return "the core was made from another design";
    case HYPGCN_ERROR_SHAPE: return "the core says something impossible about its shape";
    case HYPGCN_ERROR_SIZE: return "the clip is not of the size that the core takes, or the buffer is too small";
    case HYPGCN_ERROR_RESULT: return "what came back is not the result of this clip";
    case HYPGCN_ERROR_COUNT: break;
    }
    return "unknown error";
}

static enum hypgcn_error read_register(const struct hypgcn *core, uint32_t address, uint32_t *value)
{
    return core->bus.read32(core->bus.context, address, value);
}

static enum hypgcn_error write_register(const struct hypgcn *core, uint32_t address, uint32_t value)
{
    return core->bus.write32(core->bus.context, address, value);
}

/* Reads until the bits of `mask` are `wanted`. */
static enum hypgcn_error wait_for(const struct hypgcn *core, uint32_t address, uint32_t mask, uint32_t wanted)
{
    for (uint32_t polls = 0; polls < core->polls; polls++) {
        uint32_t value = 0;
        TRY(read_register(core, address, &value));
        if ((value & mask) == wanted) {
            return HYPGCN_OK;
        }
    }
    return HYPGCN_ERROR_TIMEOUT;
}

static enum hypgcn_error check_identity(struct hypgcn *core, uint64_t hash)
{
    uint32_t magic = 0, version = 0, low = 0, high = 0;
    TRY(read_register(core, HYPGCN_REG_MAGIC, &magic));
    if (magic != HYPGCN_MAGIC) {
        return HYPGCN_ERROR_IDENTITY;
    }
    TRY(read_register(core, HYPGCN_REG_VERSION, &version));
    if (FIELD(version, VERSION_ABI) != HYPGCN_ABI) {
        return HYPGCN_ERROR_ABI;
    }
    core->version = version & ~HYPGCN_REG_VERSION_ABI_MASK;
    TRY(read_register(core, HYPGCN_REG_HASH_LOW, &low));
    TRY(read_register(core, HYPGCN_REG_HASH_HIGH, &high));
    core->hash = (uint64_t)high << 32 | low;
    return hash != 0 && hash != core->hash ? HYPGCN_ERROR_HASH : HYPGCN_OK;
}

static enum hypgcn_error read_shape(struct hypgcn *core)
{
    struct hypgcn_shape *shape = &core->shape;
    uint32_t shape_0 = 0, shape_1 = 0, network = 0;
    TRY(read_register(core, HYPGCN_REG_SHAPE_0, &shape_0));
    TRY(read_register(core, HYPGCN_REG_SHAPE_1, &shape_1));
    TRY(read_register(core, HYPGCN_REG_NETWORK, &network));
    TRY(read_register(core, HYPGCN_REG_CLIP_BYTES, &shape->clip_bytes));
    shape->frames = FIELD(shape_0, SHAPE_0_FRAMES);
    shape->joints = FIELD(shape_0, SHAPE_0_JOINTS);
    shape->persons = FIELD(shape_1, SHAPE_1_PERSONS);
    shape->channels = FIELD(shape_1, SHAPE_1_CHANNELS);
    shape->classes = FIELD(network, NETWORK_CLASSES);
    shape->blocks = FIELD(network, NETWORK_BLOCKS);
    shape->bus_bytes = FIELD(network, NETWORK_BUS_BYTES);
    shape->result_words = shape->classes + HYPGCN_RESULT_TRAILER;
    uint64_t bytes = (uint64_t)shape->persons * shape->frames * shape->joints;
    bool impossible = bytes == 0 || shape->channels == 0 || bytes > UINT32_MAX
                      || bytes * shape->channels != shape->clip_bytes || shape->classes == 0 || shape->blocks == 0
                      || shape->blocks > HYPGCN_MAX_BLOCKS;
    return impossible ? HYPGCN_ERROR_SHAPE : HYPGCN_OK;
}

enum hypgcn_error hypgcn_open(struct hypgcn *core, const struct hypgcn_bus *bus, uint64_t hash)
{
    if (core == NULL || bus == NULL || bus->read32 == NULL || bus->write32 == NULL || bus->transfer == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    *core = (struct hypgcn){.bus = *bus, .timeout_ms = DEFAULT_TIMEOUT_MS, .polls = DEFAULT_POLLS};
    TRY(check_identity(core, hash));
    TRY(read_shape(core));
    TRY(hypgcn_reset(core, true));
    return hypgcn_errors(core, true, NULL);
}

/* Words arrive as little-endian bytes; on a little-endian machine this changes nothing. */
static void decode_words(uint32_t *words, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        const unsigned char *bytes = (const unsigned char *)&words[n];
        words[n] = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    }
}

/* Whether `received` bytes in `words` are a whole result with the number that is due. */
static bool is_due(const struct hypgcn *core, const uint32_t *words, size_t received)
{
    const uint32_t *trailer = words + core->shape.classes;
    return received == core->shape.result_words * sizeof *words
           && (trailer[HYPGCN_RESULT_FLAGS] & HYPGCN_FLAG_ABORTED) == 0
           && trailer[HYPGCN_RESULT_CLIP] == core->next_clip
           && trailer[HYPGCN_RESULT_ARGMAX] < core->shape.classes;
}

enum hypgcn_error hypgcn_classify(struct hypgcn *core, const int8_t *clip, size_t clip_size, uint32_t *words,
                                  size_t word_count, struct hypgcn_result *result)
{
    if (core == NULL || clip == NULL || words == NULL || result == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    if (clip_size != core->shape.clip_bytes || word_count < core->shape.result_words) {
        return HYPGCN_ERROR_SIZE;
    }
    const struct hypgcn_bus *bus = &core->bus;
    size_t size = core->shape.result_words * sizeof *words, received = 0;
    TRY(write_register(core, HYPGCN_REG_CONTROL, HYPGCN_REG_CONTROL_START_MASK));
    TRY(bus->transfer(bus->context, clip, clip_size, words, size, core->timeout_ms, &received));
    decode_words(words, core->shape.result_words);
    while (!is_due(core, words, received)) {
        if (core->stale == 0) {
            return HYPGCN_ERROR_RESULT;
        }
        core->stale--;
        TRY(bus->transfer(bus->context, NULL, 0, words, size, core->timeout_ms, &received));
        decode_words(words, core->shape.result_words);
    }
    const uint32_t *trailer = words + core->shape.classes;
    *result = (struct hypgcn_result){
        .scores = (const int32_t *)words,
        .argmax = trailer[HYPGCN_RESULT_ARGMAX],
        .clip = trailer[HYPGCN_RESULT_CLIP],
        .flags = trailer[HYPGCN_RESULT_FLAGS],
    };
    core->next_clip++;
    core->stale = 0;
    return HYPGCN_OK;
}

enum hypgcn_error hypgcn_reset(struct hypgcn *core, bool source_too)
{
    if (core == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    uint32_t bits = HYPGCN_REG_RESET_CORE_MASK | (source_too ? HYPGCN_REG_RESET_INPUT_MASK : 0u);
    TRY(write_register(core, HYPGCN_REG_RESET, bits));
    core->next_clip = 0;
    core->stale = STALE_PACKETS;
    return wait_for(core, HYPGCN_REG_RESET, HYPGCN_REG_RESET_CORE_MASK, 0);
}

enum hypgcn_error hypgcn_wait_idle(struct hypgcn *core)
{
    if (core == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    return wait_for(core, HYPGCN_REG_CONTROL, HYPGCN_REG_CONTROL_IDLE_MASK, HYPGCN_REG_CONTROL_IDLE_MASK);
}

enum hypgcn_error hypgcn_set_threshold(struct hypgcn *core, uint32_t raise)
{
    if (core == NULL || raise > HYPGCN_REG_THRESHOLD_RAISE_MASK >> HYPGCN_REG_THRESHOLD_RAISE_SHIFT) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    return write_register(core, HYPGCN_REG_THRESHOLD, raise << HYPGCN_REG_THRESHOLD_RAISE_SHIFT);
}

enum hypgcn_error hypgcn_errors(struct hypgcn *core, bool clear, uint32_t *flags)
{
    if (core == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    uint32_t value = 0;
    TRY(read_register(core, HYPGCN_REG_ERRORS, &value));
    if (flags != NULL) {
        *flags = value;
    }
    return clear && value != 0 ? write_register(core, HYPGCN_REG_ERRORS, value) : HYPGCN_OK;
}

enum hypgcn_error hypgcn_snapshot(struct hypgcn *core, bool clear, struct hypgcn_counters *counters)
{
    if (core == NULL || counters == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    uint32_t bits = HYPGCN_REG_SNAPSHOT_TAKE_MASK | (clear ? HYPGCN_REG_SNAPSHOT_CLEAR_MASK : 0u);
    uint32_t low = 0, high = 0;
    TRY(write_register(core, HYPGCN_REG_SNAPSHOT, bits));
    TRY(read_register(core, HYPGCN_REG_CYCLES_LOW, &low));
    TRY(read_register(core, HYPGCN_REG_CYCLES_HIGH, &high));
    TRY(read_register(core, HYPGCN_REG_CLIPS_IN, &counters->clips_in));
    TRY(read_register(core, HYPGCN_REG_CLIPS_OUT, &counters->clips_out));
    TRY(read_register(core, HYPGCN_REG_CLIP_CYCLES, &counters->clip_cycles));
    counters->cycles = (uint64_t)high << 32 | low;
    return HYPGCN_OK;
}

enum hypgcn_error hypgcn_block(struct hypgcn *core, uint32_t block, struct hypgcn_block_counters *counters)
{
    if (core == NULL || counters == NULL || block >= core->shape.blocks) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    TRY(read_register(core, HYPGCN_REG_BLOCK_BUSY(block), &counters->busy));
    TRY(read_register(core, HYPGCN_REG_BLOCK_STARVED(block), &counters->starved));
    TRY(read_register(core, HYPGCN_REG_BLOCK_BLOCKED(block), &counters->blocked));
    return read_register(core, HYPGCN_REG_BLOCK_OVERFLOW(block), &counters->overflow);
}

enum hypgcn_error hypgcn_enable_interrupts(struct hypgcn *core, uint32_t events)
{
    const uint32_t all = HYPGCN_REG_INTERRUPT_ENABLE_DONE_MASK | HYPGCN_REG_INTERRUPT_ENABLE_READY_MASK
                         | HYPGCN_REG_INTERRUPT_ENABLE_ERROR_MASK;
    if (core == NULL || (events & ~all) != 0) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    TRY(write_register(core, HYPGCN_REG_INTERRUPT_ENABLE, events));
    return write_register(core, HYPGCN_REG_INTERRUPT_GLOBAL,
                          events != 0 ? HYPGCN_REG_INTERRUPT_GLOBAL_ENABLE_MASK : 0u);
}

enum hypgcn_error hypgcn_take_interrupts(struct hypgcn *core, uint32_t *events)
{
    if (core == NULL || events == NULL) {
        return HYPGCN_ERROR_ARGUMENT;
    }
    TRY(read_register(core, HYPGCN_REG_INTERRUPT_STATUS, events));
    return write_register(core, HYPGCN_REG_INTERRUPT_STATUS, *events);
}
