// Random vectors through one unit at the speed of the simulator itself: sources and sinks pause at random, and every beat
// is compared with the expected one.
//
// main FOLDER SEED: reads FOLDER/plan.txt and the *.bin beside it (32-bit words). The last line on standard output is
// "done CYCLES", or says what went wrong and where. exchange.py is the other end.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "Vtop.h"
#include "verilated.h"
#include "words.hpp"

// An input stream. Without a ready, a pulse: valid is the pin.
struct SourcePort {
    const char *name;
    unsigned words;  // of a beat, with the plain inputs that change with it
    void (*drive)(Vtop &, bool valid);
    bool (*ready)(Vtop &);
    void (*set)(Vtop &, const uint32_t *);
};

// An output stream. Without a ready, every valid cycle is a transfer.
struct SinkPort {
    const char *name;
    unsigned words;
    bool (*valid)(Vtop &);
    void (*drive)(Vtop &, bool ready);
    void (*get)(Vtop &, uint32_t *);
};

// A memory that answers a stream of requests, in order.
struct MemoryPort {
    SinkPort request;
    SourcePort response;
};

struct LevelPort {
    const char *name;
    uint64_t (*get)(Vtop &);
};

// Written for the unit: SOURCES, SINKS, MEMORIES, LEVELS.
#include "ports.h"

static const uint64_t RESET_CYCLES = 4;
static const unsigned MAX_WORDS = 64;

static uint64_t random_state;

// 16 random bits (xorshift64*).
static uint32_t random_bits()
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return uint32_t((random_state * 0x2545f4914f6cdd1dULL) >> 48);
}

// Alternates between running and pausing; chances per cycle in 65536ths.
struct Pauses {
    unsigned begin = 0, end = 65536;
    bool paused = false;

    bool read(FILE *plan) { return fscanf(plan, "%u %u", &begin, &end) == 2; }
    bool next()
    {
        if (begin) {
            paused = random_bits() < (paused ? 65536 - end : begin);
        }
        return paused;
    }
};

struct Source {
    const SourcePort &port;
    Pauses pauses;
    uint64_t count = 0, sent = 0;
    std::vector<unsigned> needed;  // sinks
    Words beats, needs;            // needs: for each beat, transfers of each needed sink
    bool offered = false;
};

// Sees whether a stream keeps what it offers until it is taken.
struct HoldRule {
    Words held = Words(MAX_WORDS);
    bool waiting = false;

    bool kept(bool valid, const uint32_t *got, unsigned words) const
    {
        if (!waiting) {
            return true;
        }
        for (unsigned n = 0; valid && n < words; n++) {
            valid = got[n] == held[n];
        }
        return valid;
    }
    void hold(bool waits, const uint32_t *got, unsigned words)
    {
        waiting = waits;
        for (unsigned n = 0; waits && n < words; n++) {
            held[n] = got[n];
        }
    }
};

struct Sink {
    const SinkPort &port;
    Pauses pauses;
    uint64_t count = 0, seen = 0;
    Words expected;
    bool ready = false;
    HoldRule rule;
};

struct Memory {
    const MemoryPort &port;
    Pauses requests, responses;
    Words table;  // by address: 1 if there, and the response
    std::deque<uint32_t> addresses;
    bool ready = false, offered = false;
    HoldRule rule;
};

class Testbench {
public:
    Testbench(const std::string &folder, uint64_t seed)
    {
        random_state = seed * 2 + 1;
        context_.randReset(2);  // random contents where nothing is reset
        context_.randSeed(int(seed & 0x3fffffff) + 1);
        FILE *plan = fopen((folder + "/plan.txt").c_str(), "r");
        opened_ = plan && read(plan, folder);
        if (plan) {
            fclose(plan);
        }
    }

    bool opened() const { return opened_; }

    // Whether all beats were equal.
    bool run()
    {
        Vtop top(&context_);
        uint64_t stop = UINT64_MAX;
        for (cycle_ = 0; cycle_ < stop && !context_.gotFinish(); cycle_++) {
            // Inputs change after the rising edge; everything is sampled once it has settled in the low half.
            const bool reset = cycle_ < RESET_CYCLES;
            drive(top, reset, stop != UINT64_MAX);
            top.clk = 0;
            top.eval();
            if (!reset && !sample(top)) {
                return false;
            }
            top.clk = 1;
            top.eval();
            if (stop == UINT64_MAX && complete()) {
                stop = cycle_ + tail_;
            }
        }
        const bool passed = levels_are_right(top);
        top.final();
        if (passed) {
            printf("done %" PRIu64 "\n", cycle_);
        }
        return passed;
    }

private:
    bool read(FILE *plan, const std::string &folder)
    {
        if (fscanf(plan, "%" SCNu64 " %" SCNu64, &timeout_, &tail_) != 2) {
            return false;
        }
        for (const SourcePort &port : SOURCES) {
            Source source{port};
            unsigned needed = 0;
            if (!source.pauses.read(plan) || fscanf(plan, "%" SCNu64 " %u", &source.count, &needed) != 2) {
                return false;
            }
            source.needed.resize(needed);
            for (unsigned &sink : source.needed) {
                if (fscanf(plan, "%u", &sink) != 1) {
                    return false;
                }
            }
            source.beats = read_words(folder + "/" + port.name + ".bin");
            source.needs = read_words(folder + "/" + port.name + ".needs.bin");
            if (source.beats.size() != source.count * port.words || source.needs.size() != source.count * needed) {
                return false;
            }
            sources_.push_back(source);
        }
        for (const SinkPort &port : SINKS) {
            Sink sink{port};
            sink.expected = read_words(folder + "/" + port.name + ".bin");
            if (!sink.pauses.read(plan) || fscanf(plan, "%" SCNu64, &sink.count) != 1 || port.words > MAX_WORDS
                || sink.expected.size() != sink.count * port.words) {
                return false;
            }
            sinks_.push_back(sink);
        }
        for (const MemoryPort &port : MEMORIES) {
            Memory memory{port};
            memory.table = read_words(folder + "/" + port.request.name + ".bin");
            if (!memory.requests.read(plan) || !memory.responses.read(plan) || port.request.words != 1) {
                return false;
            }
            memories_.push_back(memory);
        }
        levels_.resize(LEVELS.size());
        for (uint64_t &level : levels_) {
            if (fscanf(plan, "%" SCNu64, &level) != 1) {
                return false;
            }
        }
        return true;
    }

    bool complete() const
    {
        for (const Source &source : sources_) {
            if (source.sent < source.count) {
                return false;
            }
        }
        for (const Sink &sink : sinks_) {
            if (sink.seen < sink.count) {
                return false;
            }
        }
        return true;
    }

    bool may_go(const Source &source) const
    {
        if (source.sent == source.count) {
            return false;
        }
        const unsigned needed = unsigned(source.needed.size());
        for (unsigned n = 0; n < needed; n++) {
            if (sinks_[source.needed[n]].seen < source.needs[source.sent * needed + n]) {
                return false;
            }
        }
        return true;
    }

    // After the last beat nothing pauses: one beat more would be seen.
    void drive(Vtop &top, bool reset, bool at_end)
    {
        top.rst = reset;
        for (Source &source : sources_) {
            if (!source.offered && !source.pauses.next() && !reset && may_go(source)) {
                source.offered = true;
                source.port.set(top, &source.beats[source.sent * source.port.words]);
            }
            source.port.drive(top, source.offered);
        }
        for (Sink &sink : sinks_) {
            sink.ready = (!sink.pauses.next() || at_end) && !reset;
            if (sink.port.drive) {
                sink.port.drive(top, sink.ready);
            }
        }
        for (Memory &memory : memories_) {
            memory.ready = !memory.requests.next() && !reset;
            memory.port.request.drive(top, memory.ready);
            if (!memory.offered && !memory.responses.next() && !memory.addresses.empty()) {
                memory.offered = true;
                const unsigned words = memory.port.response.words;
                memory.port.response.set(top, &memory.table[memory.addresses.front() * (words + 1) + 1]);
            }
            memory.port.response.drive(top, memory.offered);
        }
    }

    // One cycle of all streams; false when a beat differs or nothing moves.
    bool sample(Vtop &top)
    {
        for (Sink &sink : sinks_) {
            if (!take(top, sink)) {
                return false;
            }
        }
        for (Memory &memory : memories_) {
            if (!answer(top, memory)) {
                return false;
            }
        }
        for (Source &source : sources_) {
            if (source.offered && (!source.port.ready || source.port.ready(top))) {
                source.offered = false;
                source.sent++;
                moved_ = cycle_;
            }
        }
        if (cycle_ - moved_ > timeout_) {
            printf("hangs %" PRIu64, cycle_);
            for (const Source &source : sources_) {
                printf(" %s %" PRIu64 " %" PRIu64, source.port.name, source.sent, source.count);
            }
            for (const Sink &sink : sinks_) {
                printf(" %s %" PRIu64 " %" PRIu64, sink.port.name, sink.seen, sink.count);
            }
            printf("\n");
            return false;
        }
        return true;
    }

    bool take(Vtop &top, Sink &sink)
    {
        const unsigned words = sink.port.words;
        uint32_t got[MAX_WORDS];
        const bool valid = sink.port.valid(top);
        if (valid) {
            sink.port.get(top, got);
        }
        if (!sink.rule.kept(valid, got, words)) {
            printf("unstable %s %" PRIu64 " %" PRIu64 "\n", sink.port.name, sink.seen, cycle_);
            return false;
        }
        const bool transfer = valid && (sink.ready || !sink.port.drive);
        sink.rule.hold(valid && !transfer, got, words);
        if (!transfer) {
            return true;
        }
        moved_ = cycle_;
        const uint64_t beat = sink.seen++;
        if (beat == sink.count) {
            printf("extra %s %" PRIu64 " %" PRIu64 " %s\n", sink.port.name, beat, cycle_, hex(got, words).c_str());
            return false;
        }
        const uint32_t *expected = &sink.expected[beat * words];
        for (unsigned n = 0; n < words; n++) {
            if (got[n] != expected[n]) {
                printf("differs %s %" PRIu64 " %" PRIu64 " %s %s\n", sink.port.name, beat, cycle_,
                       hex(expected, words).c_str(), hex(got, words).c_str());
                return false;
            }
        }
        return true;
    }

    bool answer(Vtop &top, Memory &memory)
    {
        const SinkPort &request = memory.port.request;
        uint32_t address = 0;
        const bool valid = request.valid(top);
        if (valid) {
            request.get(top, &address);
        }
        if (!memory.rule.kept(valid, &address, 1)) {
            printf("unstable %s 0 %" PRIu64 "\n", request.name, cycle_);
            return false;
        }
        memory.rule.hold(valid && !memory.ready, &address, 1);
        if (memory.offered && memory.port.response.ready(top)) {
            memory.offered = false;
            memory.addresses.pop_front();
            moved_ = cycle_;
        }
        if (valid && memory.ready) {
            const size_t entry = size_t(address) * (memory.port.response.words + 1);
            if (entry >= memory.table.size() || !memory.table[entry]) {
                printf("address %s %" PRIu32 " %" PRIu64 "\n", request.name, address, cycle_);
                return false;
            }
            memory.addresses.push_back(address);
            moved_ = cycle_;
        }
        return true;
    }

    bool levels_are_right(Vtop &top) const
    {
        for (size_t n = 0; n < LEVELS.size(); n++) {
            const uint64_t got = LEVELS[n].get(top);
            if (got != levels_[n]) {
                printf("level %s %" PRIu64 " %" PRIu64 "\n", LEVELS[n].name, levels_[n], got);
                return false;
            }
        }
        return true;
    }

    VerilatedContext context_;
    bool opened_ = false;
    uint64_t timeout_ = 0, tail_ = 0;  // cycles without a transfer, and cycles after the last expected one
    std::vector<Source> sources_;
    std::vector<Sink> sinks_;
    std::vector<Memory> memories_;
    std::vector<uint64_t> levels_;
    uint64_t cycle_ = 0, moved_ = 0;
};

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    Testbench testbench(argv[1], strtoull(argv[2], nullptr, 10));
    if (!testbench.opened()) {
        return 2;
    }
    return testbench.run() ? 0 : 1;
}
