// Testbench of whole clips at the speed of the simulator itself: clips go in back to back; scores and the output of every
// block are compared with expected beats; performance counters are sampled at each result.
//
// main FOLDER SEED: reads FOLDER/plan.txt and the *.bin beside it (32-bit words); writes FOLDER/results.txt, a line for a
// clip, and FOLDER/counts.bin. On a failure, one line on standard output says what and where. exchange.py is the other end.
#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "Vtop.h"
#include "verilated.h"
#include "words.hpp"

// Written for the network: OBSERVED, OBSERVE_WORDS, observe(), COUNTS, counts(), OVERFLOWS, overflows().
#include "ports.h"

static const uint64_t RESET_CYCLES = 4;

// Compares the beats of one output in order; without expected beats they are only counted.
struct Scoreboard {
    std::string name;
    unsigned words = 0;  // of a beat
    Words expected, mask;
    uint64_t seen = 0;

    Scoreboard(const std::string &folder, const std::string &output, unsigned beat_words)
        : name(output), words(beat_words), expected(read_words(folder + "/" + output + ".bin")),
          mask(read_words(folder + "/" + output + ".mask.bin"))
    {
    }

    bool complete() const { return expected.empty() || seen * words == expected.size(); }

    // Whether the beat is equal; prints the difference if not.
    bool check(const uint32_t *got, uint64_t cycle)
    {
        const uint64_t beat = seen++;
        if (expected.empty()) {
            return true;
        }
        if (beat * words >= expected.size()) {
            printf("extra %s %" PRIu64 " %" PRIu64 "\n", name.c_str(), beat, cycle);
            return false;
        }
        const uint32_t *next = &expected[beat * words];
        for (unsigned n = 0; n < words; n++) {
            if ((next[n] ^ got[n]) & mask[n]) {
                printf("differs %s %" PRIu64 " %" PRIu64 " %s %s\n", name.c_str(), beat, cycle,
                       hex(next, words).c_str(), hex(got, words).c_str());
                return false;
            }
        }
        return true;
    }
};

// Sizes of the run, in the order of plan.txt.
struct Plan {
    unsigned in_words, out_words;  // of a beat
    unsigned beats, classes;       // of a clip
    unsigned clips;
    unsigned timeout;  // cycles without a transfer after which the run fails
    unsigned tail;     // cycles after the last result in which one more beat would be seen

    bool read(const std::string &folder)
    {
        FILE *file = fopen((folder + "/plan.txt").c_str(), "r");
        if (!file) {
            return false;
        }
        const int fields = fscanf(file, "%u %u %u %u %u %u %u", &in_words, &out_words, &beats, &classes, &clips,
                                  &timeout, &tail);
        fclose(file);
        return fields == 7;
    }
};

class Testbench {
public:
    Testbench(const std::string &folder, const Plan &plan, int seed)
        : plan_(plan), total_(uint64_t(plan.beats) * plan.clips), input_(read_words(folder + "/i.bin")),
          scores_(folder, "o", plan.out_words), first_in_(plan.clips), last_in_(plan.clips),
          got_(std::max(OBSERVE_WORDS, plan.out_words)), counts_(COUNTS + 1)
    {
        for (unsigned n = 0; n < OBSERVED; n++) {
            observed_.emplace_back(folder, "observe_" + std::to_string(n), OBSERVE_WORDS);
        }
        results_ = fopen((folder + "/results.txt").c_str(), "w");
        counts_file_ = fopen((folder + "/counts.bin").c_str(), "wb");
        context_.randReset(2);  // random contents where nothing is reset
        context_.randSeed(seed);
    }

    bool opened() const { return results_ && counts_file_ && input_.size() == plan_.in_words * total_; }

    // Whether all beats were equal.
    bool run()
    {
        Vtop top(&context_);
        top.threshold_raise = 0;
        uint64_t cycle = 0;
        for (; cycle < stop_ && !context_.gotFinish(); cycle++) {
            // Inputs change after the rising edge; everything is sampled once it has settled in the low half.
            drive(top, cycle < RESET_CYCLES);
            top.clk = 0;
            top.eval();
            if (cycle >= RESET_CYCLES && !sample(top, cycle)) {
                return false;
            }
            top.clk = 1;
            top.eval();
        }
        const bool complete = finish(top, cycle);
        top.final();
        return complete;
    }

private:
    // Verilator writes the second of two underscores as its code.
    void drive(Vtop &top, bool reset)
    {
        top.rst = reset;
        top.i___05Fvalid = !reset && sent_ < total_;
        top.o___05Fready = !reset;
        if (top.i___05Fvalid) {
            set_words(top.i___05Fpayload, &input_[sent_ * plan_.in_words], plan_.in_words);
        }
    }

    // One cycle of all streams; false when a beat differs or nothing moves.
    bool sample(Vtop &top, uint64_t cycle)
    {
        for (unsigned n = 0; n < OBSERVED; n++) {
            if (observe(top, n, got_.data())) {
                moved_ = cycle;
                if (!observed_[n].check(got_.data(), cycle)) {
                    return false;
                }
            }
        }
        if (top.i___05Fvalid && top.i___05Fready) {
            moved_ = cycle;
            if (sent_ % plan_.beats == 0) {
                first_in_[sent_ / plan_.beats] = cycle;
            }
            if (++sent_ % plan_.beats == 0) {
                last_in_[sent_ / plan_.beats - 1] = cycle;
            }
        }
        if (top.o___05Fvalid) {
            moved_ = cycle;
            words_of(top.o___05Fpayload, plan_.out_words, got_.data());
            if (!take_score(top, cycle)) {
                return false;
            }
        }
        if (cycle - moved_ > plan_.timeout) {
            printf("no transfer for %u cycles at cycle %" PRIu64 ": %" PRIu64 " of %" PRIu64 " joints in, %" PRIu64
                   " of %u results out\n", plan_.timeout, cycle, sent_, total_, done_, plan_.clips);
            return false;
        }
        return true;
    }

    bool take_score(Vtop &top, uint64_t cycle)
    {
        if (scores_.seen % plan_.classes == 0) {
            first_out_ = cycle;
            line_.clear();
        }
        line_ += " " + hex(got_.data(), plan_.out_words);
        if (!scores_.check(got_.data(), cycle)) {
            return false;
        }
        return scores_.seen % plan_.classes != 0 || end_result(top, cycle);
    }

    // After the last score of a clip.
    bool end_result(Vtop &top, uint64_t cycle)
    {
        if (done_ == plan_.clips) {
            printf("extra o %" PRIu64 " %" PRIu64 "\n", scores_.seen, cycle);
            return false;
        }
        fprintf(results_, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "%s\n", first_in_[done_], last_in_[done_],
                first_out_, cycle, line_.c_str());
        fflush(results_);
        counts(top, counts_.data());
        fwrite(counts_.data(), 4, COUNTS, counts_file_);
        if (++done_ == plan_.clips) {
            stop_ = cycle + plan_.tail;
        }
        return true;
    }

    bool finish(Vtop &top, uint64_t cycle)
    {
        std::vector<const Scoreboard *> all{&scores_};
        for (const Scoreboard &observed : observed_) {
            all.push_back(&observed);
        }
        for (const Scoreboard *scoreboard : all) {
            if (!scoreboard->complete()) {
                printf("missing %s %" PRIu64 " %" PRIu64 "\n", scoreboard->name.c_str(), scoreboard->seen, cycle);
                return false;
            }
        }
        Words lost(OVERFLOWS);
        overflows(top, lost.data());
        fprintf(results_, "end %" PRIu64, cycle);
        for (uint32_t count : lost) {
            fprintf(results_, " %" PRIu32, count);
        }
        fprintf(results_, "\n");
        fclose(results_);
        fclose(counts_file_);
        return true;
    }

    VerilatedContext context_;
    const Plan plan_;
    const uint64_t total_;  // beats of all clips
    const Words input_;
    Scoreboard scores_;
    std::vector<Scoreboard> observed_;
    FILE *results_ = nullptr, *counts_file_ = nullptr;
    std::vector<uint64_t> first_in_, last_in_;
    Words got_, counts_;
    std::string line_;  // scores of the current result
    uint64_t sent_ = 0, done_ = 0, first_out_ = 0;
    uint64_t moved_ = 0;  // cycle of the last transfer
    uint64_t stop_ = UINT64_MAX;
};

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    Plan plan;
    if (!plan.read(argv[1])) {
        return 2;
    }
    Testbench testbench(argv[1], plan, atoi(argv[2]));
    if (!testbench.opened()) {
        return 2;
    }
    return testbench.run() ? 0 : 1;
}
