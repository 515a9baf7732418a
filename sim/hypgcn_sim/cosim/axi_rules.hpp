// Mirror of unit_tests/testbench/axi_rules.py and of the hold rule in stimuli/hold_rule.py, for the device in device.cpp. A
// test holds both languages against each other on random cycles.
#ifndef HYPGCN_AXI_RULES_HPP
#define HYPGCN_AXI_RULES_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hypgcn {

struct BrokenRule : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One channel with valid and ready: once valid is high, valid and payload hold until the transfer; valid is low in reset.
class StreamRules {
public:
    explicit StreamRules(std::string name) : name_(std::move(name)) {}

    // Checks one cycle; whether a transfer happens in it.
    bool sample(bool reset, bool valid, bool ready, const void *payload, std::size_t size)
    {
        cycle_++;
        if (reset) {
            if (in_reset_ && valid) {
                fail("valid must be low in reset");
            }
            in_reset_ = true;
            holding_ = false;
            transfers_ = 0;
            return false;
        }
        in_reset_ = false;
        if (holding_ && !valid) {
            fail("valid dropped before the transfer");
        }
        if (!valid) {
            return false;
        }
        const auto *bytes = static_cast<const std::uint8_t *>(payload);
        if (holding_ && !std::equal(held_.begin(), held_.end(), bytes)) {
            fail("payload changed before the transfer");
        }
        if (!holding_) {
            held_.assign(bytes, bytes + size);
        }
        holding_ = !ready;
        transfers_ += ready;
        return ready;
    }

    [[noreturn]] void fail(const std::string &text) const
    {
        throw BrokenRule(name_ + ": " + text + ", at cycle " + std::to_string(cycle_));
    }

    std::uint64_t transfers() const { return transfers_; }  // since the last reset

private:
    std::string name_;
    std::uint64_t cycle_ = 0, transfers_ = 0;
    bool in_reset_ = false, holding_ = false;
    std::vector<std::uint8_t> held_;
};

enum LiteChannel { AW, W, B, AR, R, LITE_CHANNELS };

struct LiteSignals {
    bool valid, ready;
    std::array<std::uint32_t, 2> payload;  // of B the first, of R the second word is the response
};

// All channels of an AXI4-Lite bus: each obeys StreamRules; a request has at most one response, after it; none is EXOKAY.
class LiteRules {
public:
    explicit LiteRules(const std::string &name)
        : name_(name), channels_{StreamRules(name + " aw"), StreamRules(name + " w"), StreamRules(name + " b"),
                                 StreamRules(name + " ar"), StreamRules(name + " r")}
    {
    }

    void sample(bool reset, const std::array<LiteSignals, LITE_CHANNELS> &signals)
    {
        std::array<std::uint64_t, LITE_CHANNELS> before{};
        for (int n = 0; n < LITE_CHANNELS; n++) {
            before[n] = channels_[n].transfers();
        }
        for (int n = 0; n < LITE_CHANNELS; n++) {
            const LiteSignals &now = signals[n];
            channels_[n].sample(reset, now.valid, now.ready, now.payload.data(), sizeof now.payload);
            if (reset || !now.valid || (n != B && n != R)) {
                continue;
            }
            const std::uint64_t requests = n == R ? before[AR] : std::min(before[AW], before[W]);
            if (before[n] >= requests) {
                channels_[n].fail("a response without its request");
            }
            if (now.payload[n == R] == 1) {
                channels_[n].fail("EXOKAY is not a response of AXI4-Lite");
            }
        }
    }

    // Checks that every request has its response.
    void finish() const
    {
        const std::uint64_t aw = channels_[AW].transfers(), w = channels_[W].transfers(), b = channels_[B].transfers();
        if (aw != w || w != b) {
            throw BrokenRule(name_ + ": " + std::to_string(aw) + " addresses, " + std::to_string(w) + " words, "
                             + std::to_string(b) + " responses");
        }
        if (channels_[AR].transfers() != channels_[R].transfers()) {
            throw BrokenRule(name_ + ": " + std::to_string(channels_[AR].transfers()) + " reads, "
                             + std::to_string(channels_[R].transfers()) + " answers");
        }
    }

private:
    std::string name_;
    std::array<StreamRules, LITE_CHANNELS> channels_;
};

}  // namespace hypgcn

#endif
