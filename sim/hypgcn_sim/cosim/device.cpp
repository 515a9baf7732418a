// The Verilator model of the core as a device: its clock, and masters and slaves on its pins that pause at random. The
// first three functions are those of struct hypgcn_bus (firmware/c/hypgcn.h), so a driver takes it for hardware. The
// rules of the buses are checked in every cycle; once one is broken, every call fails and hypgcn_sim_error tells why.
#include "axi_rules.hpp"
#include "model.hpp"

#include <cstring>
#include <deque>
#include <memory>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

enum Status { OK = 0, BUS = 2, TIMEOUT = 3 };  // enum hypgcn_error

constexpr unsigned ACCESS_CYCLES = 10000;  // the most that one access to a register may take
constexpr std::size_t BUS_BYTES = HYPGCN_BUS_BYTES, KEEP_BYTES = (BUS_BYTES + 7) / 8;

struct Beat {
    std::uint8_t data[BUS_BYTES];
    std::uint64_t keep;
    bool last;
};

class Device {
public:
    Device(const char *folder, std::uint64_t seed, double idle, double stall, std::uint32_t cycles_per_ms)
        : random_(seed * 2 + 1), idle_(idle), stall_(stall), cycles_per_ms_(cycles_per_ms)
    {
        core_ = hypgcn::open_model(context_, folder, seed, [](Vcore &pins) { pins.aclk = 0; });
        reset_pins(5);
    }

    void reset_pins(std::uint32_t cycles)
    {
        beats_.clear();
        offering_ = armed_ = false;
        address_.active = word_.active = request_.active = false;
        core_->aresetn = 0;
        run(cycles);
        core_->aresetn = 1;
    }

    void run(std::uint64_t cycles)
    {
        for (std::uint64_t n = 0; n < cycles; n++) {
            cycle();
        }
    }

    Status read32(std::uint32_t address, std::uint32_t *value)
    {
        request_ = {true, address};
        return await(read_done_, value);
    }

    Status write32(std::uint32_t address, std::uint32_t value)
    {
        address_ = {true, address};
        word_ = {true, value};
        return await(write_done_, nullptr);
    }

    Status transfer(const void *tx, std::size_t tx_size, void *rx, std::size_t rx_size, std::uint32_t timeout_ms,
                    std::size_t *received)
    {
        packet_.clear();
        armed_ = rx_size != 0;
        if (tx_size != 0) {
            send(tx, tx_size, nullptr, true);
        }
        const std::uint64_t sent = tx_size != 0 ? taken_ + beats_.size() : 0;
        const std::uint64_t end = cycles_ + std::uint64_t(timeout_ms) * cycles_per_ms_;
        while (armed_ || taken_ < sent) {
            if (cycles_ >= end) {
                armed_ = false;
                if (tx_size != 0) {
                    beats_.resize(offering_ ? 1 : 0);  // what is offered stays until it is taken
                }
                *received = 0;
                return TIMEOUT;
            }
            cycle();
        }
        if (packet_.size() > rx_size) {
            *received = 0;
            return BUS;  // as a DMA whose buffer is too small
        }
        if (rx_size != 0) {
            std::memcpy(rx, packet_.data(), packet_.size());
        }
        *received = packet_.size();
        return OK;
    }

    void send(const void *data, std::size_t size, const std::uint8_t *keep, bool last)
    {
        for (std::size_t at = 0; at < size; at += BUS_BYTES) {
            const std::size_t part = std::min(BUS_BYTES, size - at);
            Beat beat{};
            std::memcpy(beat.data, static_cast<const std::uint8_t *>(data) + at, part);
            for (std::size_t n = 0; n < part; n++) {
                beat.keep |= std::uint64_t(keep == nullptr || keep[at + n] != 0) << n;
            }
            beat.last = last && at + BUS_BYTES >= size;
            beats_.push_back(beat);
        }
    }

    void finish() const { lite_.finish(); }

    std::uint64_t cycles() const { return cycles_; }
    std::uint64_t waiting() const { return beats_.size(); }
    bool irq() const { return core_->irq != 0; }

    std::string error;

private:
    struct Request {
        bool active;
        std::uint32_t payload;
    };

    bool chance(double share)
    {
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        return double(random_ >> 11) < share * double(std::uint64_t(1) << 53);
    }

    Status await(bool &done, std::uint32_t *value)
    {
        done = false;
        for (unsigned n = 0; n < ACCESS_CYCLES; n++) {
            cycle();
            if (done) {
                if (value != nullptr) {
                    *value = read_value_;
                }
                return response_ == 0 ? OK : BUS;
            }
        }
        error = "s_axi_control: no response within " + std::to_string(ACCESS_CYCLES) + " cycles";
        return TIMEOUT;
    }

    // Raises valid after a random wait and then keeps it.
    static void offer(Request &request, bool paused, std::uint8_t &valid)
    {
        valid = request.active && (valid || !paused);
    }

    void drive()
    {
        Vcore &c = *core_;
        if (!offering_ && !beats_.empty() && !chance(idle_)) {
            offering_ = true;
            const Beat &beat = beats_.front();
            std::memcpy(&c.s_axis_tdata, beat.data, BUS_BYTES);
            std::memcpy(&c.s_axis_tkeep, &beat.keep, KEEP_BYTES);
            c.s_axis_tlast = beat.last;
        }
        c.s_axis_tvalid = offering_;
        c.m_axis_tready = armed_ && !chance(stall_);
        offer(address_, chance(stall_), c.s_axi_control_awvalid);
        offer(word_, chance(stall_), c.s_axi_control_wvalid);
        offer(request_, chance(stall_), c.s_axi_control_arvalid);
        c.s_axi_control_awaddr = address_.payload & 0xfff;
        c.s_axi_control_wdata = word_.payload;
        c.s_axi_control_wstrb = 0xf;
        c.s_axi_control_araddr = request_.payload & 0xfff;
        c.s_axi_control_bready = !chance(stall_);
        c.s_axi_control_rready = !chance(stall_);
    }

    void cycle()
    {
        Vcore &c = *core_;
        drive();
        c.aclk = 0;
        c.eval();
        const bool reset = c.aresetn == 0;
        std::uint8_t in[BUS_BYTES + KEEP_BYTES + 1] = {};
        std::memcpy(in, &c.s_axis_tdata, BUS_BYTES);
        std::memcpy(in + BUS_BYTES, &c.s_axis_tkeep, KEEP_BYTES);
        in[BUS_BYTES + KEEP_BYTES] = c.s_axis_tlast;
        const bool taken = source_.sample(reset, c.s_axis_tvalid, c.s_axis_tready, in, sizeof in);
        const std::uint32_t out[2] = {c.m_axis_tdata, std::uint32_t(c.m_axis_tkeep << 1 | c.m_axis_tlast)};
        const bool given = sink_.sample(reset, c.m_axis_tvalid, c.m_axis_tready, out, sizeof out);
        lite_.sample(reset, {{
            {bool(c.s_axi_control_awvalid), bool(c.s_axi_control_awready),
             {c.s_axi_control_awaddr, c.s_axi_control_awprot}},
            {bool(c.s_axi_control_wvalid), bool(c.s_axi_control_wready), {c.s_axi_control_wdata,
                                                                         c.s_axi_control_wstrb}},
            {bool(c.s_axi_control_bvalid), bool(c.s_axi_control_bready), {c.s_axi_control_bresp, 0}},
            {bool(c.s_axi_control_arvalid), bool(c.s_axi_control_arready),
             {c.s_axi_control_araddr, c.s_axi_control_arprot}},
            {bool(c.s_axi_control_rvalid), bool(c.s_axi_control_rready), {c.s_axi_control_rdata,
                                                                         c.s_axi_control_rresp}},
        }});
        const bool aw = c.s_axi_control_awvalid && c.s_axi_control_awready;
        const bool w = c.s_axi_control_wvalid && c.s_axi_control_wready;
        const bool ar = c.s_axi_control_arvalid && c.s_axi_control_arready;
        const bool b = c.s_axi_control_bvalid && c.s_axi_control_bready;
        const bool r = c.s_axi_control_rvalid && c.s_axi_control_rready;
        if (given && c.m_axis_tkeep != 0xf) {
            sink_.fail("a result must keep all its bytes");
        }
        const std::uint32_t word = c.m_axis_tdata, value = c.s_axi_control_rdata;
        const bool last = c.m_axis_tlast;
        const std::uint8_t response = r ? c.s_axi_control_rresp : c.s_axi_control_bresp;
        c.aclk = 1;
        c.eval();
        cycles_++;
        if (reset) {
            return;
        }
        if (taken) {
            beats_.pop_front();
            taken_++;
            offering_ = false;
        }
        if (given) {
            packet_.append(reinterpret_cast<const char *>(&word), sizeof word);
            armed_ = !last;
        }
        clear(address_, aw, c.s_axi_control_awvalid);
        clear(word_, w, c.s_axi_control_wvalid);
        clear(request_, ar, c.s_axi_control_arvalid);
        if (b || r) {
            response_ = response;
        }
        if (r) {
            read_value_ = value;
        }
        write_done_ |= b;
        read_done_ |= r;
    }

    static void clear(Request &request, bool taken, std::uint8_t &valid)
    {
        if (taken) {
            request.active = false;
            valid = 0;
        }
    }

    VerilatedContext context_;
    std::unique_ptr<Vcore> core_;
    hypgcn::StreamRules source_{"s_axis"}, sink_{"m_axis"};
    hypgcn::LiteRules lite_{"s_axi_control"};
    std::deque<Beat> beats_;
    std::string packet_;
    Request address_{}, word_{}, request_{};
    bool offering_ = false, armed_ = false, write_done_ = false, read_done_ = false;
    std::uint32_t read_value_ = 0;
    std::uint8_t response_ = 0;
    std::uint64_t cycles_ = 0, taken_ = 0, random_;
    double idle_, stall_;
    std::uint32_t cycles_per_ms_;
};

// Calls `work` unless a rule has been broken already; remembers the first one that is.
template <class Work>
int guarded(void *context, Work work)
{
    auto &device = *static_cast<Device *>(context);
    if (!device.error.empty()) {
        return BUS;
    }
    try {
        return work(device);
    } catch (const std::exception &broken) {
        device.error = broken.what();
        return BUS;
    }
}

}  // namespace

EXPORT int hypgcn_sim_read32(void *context, std::uint32_t address, std::uint32_t *value)
{
    return guarded(context, [=](Device &device) { return int(device.read32(address, value)); });
}

EXPORT int hypgcn_sim_write32(void *context, std::uint32_t address, std::uint32_t value)
{
    return guarded(context, [=](Device &device) { return int(device.write32(address, value)); });
}

EXPORT int hypgcn_sim_transfer(void *context, const void *tx, std::size_t tx_size, void *rx, std::size_t rx_size,
                               std::uint32_t timeout_ms, std::size_t *received)
{
    return guarded(context, [=](Device &device) {
        return int(device.transfer(tx, tx_size, rx, rx_size, timeout_ms, received));
    });
}

// NULL when the folder of the model is not there.
EXPORT void *hypgcn_sim_open(const char *folder, std::uint64_t seed, double idle, double stall,
                             std::uint32_t cycles_per_ms)
{
    try {
        return new Device(folder, seed, idle, stall, cycles_per_ms);
    } catch (const std::exception &) {
        return nullptr;
    }
}

EXPORT void hypgcn_sim_close(void *context)
{
    delete static_cast<Device *>(context);
}

// Queues bytes to be sent from now on, with TLAST at their end or without; `keep`: one byte per byte, or NULL for all.
EXPORT int hypgcn_sim_send(void *context, const void *data, std::size_t size, const std::uint8_t *keep, int last)
{
    return guarded(context, [=](Device &device) {
        device.send(data, size, keep, last != 0);
        return int(OK);
    });
}

EXPORT int hypgcn_sim_run(void *context, std::uint64_t cycles)
{
    return guarded(context, [=](Device &device) {
        device.run(cycles);
        return int(OK);
    });
}

// aresetn low for so many cycles; what was to be sent is forgotten.
EXPORT int hypgcn_sim_reset_pins(void *context, std::uint32_t cycles)
{
    return guarded(context, [=](Device &device) {
        device.reset_pins(cycles);
        return int(OK);
    });
}

// Checks that every request to the registers has been answered.
EXPORT int hypgcn_sim_finish(void *context)
{
    return guarded(context, [](Device &device) {
        device.finish();
        return int(OK);
    });
}

EXPORT std::uint64_t hypgcn_sim_cycles(void *context)
{
    return static_cast<Device *>(context)->cycles();
}

// Beats that have not been taken yet.
EXPORT std::uint64_t hypgcn_sim_waiting(void *context)
{
    return static_cast<Device *>(context)->waiting();
}

EXPORT int hypgcn_sim_irq(void *context)
{
    return static_cast<Device *>(context)->irq();
}

// The rule that was broken; empty when none was.
EXPORT const char *hypgcn_sim_error(void *context)
{
    return static_cast<Device *>(context)->error.c_str();
}
