// Drivers of the core's pins that pause at random: source and sink of AXI4-Stream, master of AXI4-Lite. Each drives its
// pins before the rising edge, and takes note of the transfers of the cycle after it.
#pragma once

#include "Vcore.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>

namespace hypgcn {

constexpr std::size_t BUS_BYTES = HYPGCN_BUS_BYTES, KEEP_BYTES = (BUS_BYTES + 7) / 8;

// xorshift64: the same pauses for the same seed on every machine.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}

    bool chance(double share)
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return double(state_ >> 11) < share * double(std::uint64_t(1) << 53);
    }

private:
    std::uint64_t state_;
};

// Sends queued bytes as beats of s_axis.
class StreamSource {
public:
    // `keep`: one byte per byte of data, or NULL for all ones; `last`: TLAST at the end of the data.
    void queue(const void *data, std::size_t size, const std::uint8_t *keep, bool last)
    {
        for (std::size_t at = 0; at < size; at += BUS_BYTES) {
            const std::size_t bytes = std::min(BUS_BYTES, size - at);
            Beat beat{};
            std::memcpy(beat.data, static_cast<const std::uint8_t *>(data) + at, bytes);
            for (std::size_t n = 0; n < bytes; n++) {
                beat.keep |= std::uint64_t(keep == nullptr || keep[at + n] != 0) << n;
            }
            beat.last = last && at + BUS_BYTES >= size;
            beats_.push_back(beat);
        }
    }

    void clear()
    {
        beats_.clear();
        offering_ = false;
    }

    // Drops what is queued; a beat that is offered must stay until its transfer.
    void cancel() { beats_.resize(offering_ ? 1 : 0); }

    void drive(Vcore &core, Random &random, double idle)
    {
        if (!offering_ && !beats_.empty() && !random.chance(idle)) {
            offering_ = true;
            const Beat &beat = beats_.front();
            std::memcpy(&core.s_axis_tdata, beat.data, BUS_BYTES);
            std::memcpy(&core.s_axis_tkeep, &beat.keep, KEEP_BYTES);
            core.s_axis_tlast = beat.last;
        }
        core.s_axis_tvalid = offering_;
    }

    void transferred()
    {
        beats_.pop_front();
        sent_++;
        offering_ = false;
    }

    std::uint64_t sent() const { return sent_; }  // beats since the start
    std::uint64_t waiting() const { return beats_.size(); }

private:
    struct Beat {
        std::uint8_t data[BUS_BYTES];
        std::uint64_t keep;
        bool last;
    };

    std::deque<Beat> beats_;
    bool offering_ = false;
    std::uint64_t sent_ = 0;
};

// Receives one packet of m_axis each time it is armed.
class StreamSink {
public:
    void arm()
    {
        packet_.clear();
        armed_ = true;
    }

    void disarm() { armed_ = false; }
    bool armed() const { return armed_; }
    const std::string &packet() const { return packet_; }

    void drive(Vcore &core, Random &random, double stall) { core.m_axis_tready = armed_ && !random.chance(stall); }

    void transferred(std::uint32_t word, bool last)
    {
        packet_.append(reinterpret_cast<const char *>(&word), sizeof word);
        armed_ = !last;
    }

private:
    std::string packet_;
    bool armed_ = false;
};

// One access at a time on s_axi_control.
class LiteMaster {
public:
    struct Transfers {
        bool aw, w, b, ar, r;
    };

    void read(std::uint32_t address)
    {
        read_address_ = {true, address};
        done_ = false;
    }

    void write(std::uint32_t address, std::uint32_t value)
    {
        write_address_ = {true, address};
        write_data_ = {true, value};
        done_ = false;
    }

    void clear() { write_address_.active = write_data_.active = read_address_.active = false; }

    void drive(Vcore &core, Random &random, double stall)
    {
        offer(write_address_, random.chance(stall), core.s_axi_control_awvalid);
        offer(write_data_, random.chance(stall), core.s_axi_control_wvalid);
        offer(read_address_, random.chance(stall), core.s_axi_control_arvalid);
        core.s_axi_control_awaddr = write_address_.payload & 0xfff;
        core.s_axi_control_wdata = write_data_.payload;
        core.s_axi_control_wstrb = 0xf;
        core.s_axi_control_araddr = read_address_.payload & 0xfff;
        core.s_axi_control_bready = !random.chance(stall);
        core.s_axi_control_rready = !random.chance(stall);
    }

    void transferred(Vcore &core, const Transfers &now, std::uint8_t response, std::uint32_t value)
    {
        end(write_address_, now.aw, core.s_axi_control_awvalid);
        end(write_data_, now.w, core.s_axi_control_wvalid);
        end(read_address_, now.ar, core.s_axi_control_arvalid);
        if (now.b || now.r) {
            response_ = response;
            done_ = true;
        }
        if (now.r) {
            value_ = value;
        }
    }

    bool done() const { return done_; }
    bool okay() const { return response_ == 0; }
    std::uint32_t value() const { return value_; }  // of the last read

private:
    struct Channel {
        bool active;
        std::uint32_t payload;
    };

    // Raises valid after a random pause and then keeps it.
    static void offer(const Channel &channel, bool paused, std::uint8_t &valid)
    {
        valid = channel.active && (valid || !paused);
    }

    static void end(Channel &channel, bool transferred, std::uint8_t &valid)
    {
        if (transferred) {
            channel.active = false;
            valid = 0;
        }
    }

    Channel write_address_{}, write_data_{}, read_address_{};
    bool done_ = false;
    std::uint8_t response_ = 0;
    std::uint32_t value_ = 0;
};

}  // namespace hypgcn
