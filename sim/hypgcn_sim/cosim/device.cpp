// The Verilator model of the core as a device: its clock, and masters and slaves on its pins that pause at random. The
// first three functions are those of struct hypgcn_bus (firmware/c/hypgcn.h), so that a driver uses it like hardware. The
// rules of the buses are checked in every cycle; once one is broken, every call fails and hypgcn_sim_error names it.
#include "axi_rules.hpp"
#include "masters.hpp"
#include "model.hpp"

#include <cstring>
#include <memory>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using hypgcn::BUS_BYTES;
using hypgcn::KEEP_BYTES;

enum Status { OK = 0, BUS = 2, TIMEOUT = 3 };  // enum hypgcn_error

constexpr unsigned ACCESS_CYCLES = 10000;  // limit of one access to a register

class Device {
public:
    Device(const char *folder, std::uint64_t seed, double idle, double stall, std::uint32_t cycles_per_ms)
        : random_(seed), idle_(idle), stall_(stall), cycles_per_ms_(cycles_per_ms)
    {
        core_ = hypgcn::open_model(context_, folder, seed, [](Vcore &pins) { pins.aclk = 0; });
        reset_pins(5);
    }

    void reset_pins(std::uint32_t cycles)
    {
        source_.clear();
        sink_.disarm();
        master_.clear();
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
        master_.read(address);
        const Status status = await_response();
        if (status != TIMEOUT) {
            *value = master_.value();
        }
        return status;
    }

    Status write32(std::uint32_t address, std::uint32_t value)
    {
        master_.write(address, value);
        return await_response();
    }

    // Sends tx, receives one packet into rx: like a DMA with two channels.
    Status transfer(const void *tx, std::size_t tx_size, void *rx, std::size_t rx_size, std::uint32_t timeout_ms,
                    std::size_t *received)
    {
        sink_.arm();
        if (rx_size == 0) {
            sink_.disarm();
        }
        if (tx_size != 0) {
            send(tx, tx_size, nullptr, true);
        }
        const std::uint64_t sent = tx_size != 0 ? source_.sent() + source_.waiting() : 0;
        const std::uint64_t end = cycles_ + std::uint64_t(timeout_ms) * cycles_per_ms_;
        *received = 0;
        while (sink_.armed() || source_.sent() < sent) {
            if (cycles_ >= end) {
                sink_.disarm();
                if (tx_size != 0) {
                    source_.cancel();
                }
                return TIMEOUT;
            }
            cycle();
        }
        const std::string &packet = sink_.packet();
        if (packet.size() > rx_size) {
            return BUS;  // as a DMA whose buffer is too small
        }
        if (rx_size != 0) {
            std::memcpy(rx, packet.data(), packet.size());
        }
        *received = packet.size();
        return OK;
    }

    void send(const void *data, std::size_t size, const std::uint8_t *keep, bool last)
    {
        source_.queue(data, size, keep, last);
    }

    void finish() const { lite_rules_.finish(); }

    std::uint64_t cycles() const { return cycles_; }
    std::uint64_t waiting() const { return source_.waiting(); }
    bool irq() const { return core_->irq != 0; }

    std::string error;

private:
    Status await_response()
    {
        for (unsigned n = 0; n < ACCESS_CYCLES; n++) {
            cycle();
            if (master_.done()) {
                return master_.okay() ? OK : BUS;
            }
        }
        error = "s_axi_control: no response within " + std::to_string(ACCESS_CYCLES) + " cycles";
        return TIMEOUT;
    }

    void cycle()
    {
        Vcore &core = *core_;
        source_.drive(core, random_, idle_);
        sink_.drive(core, random_, stall_);
        master_.drive(core, random_, stall_);
        core.aclk = 0;
        core.eval();
        // All signals have settled: check the rules, and sample what the edge will change.
        const bool reset = core.aresetn == 0;
        const bool sent = check_source(core, reset), received = check_sink(core, reset);
        const hypgcn::LiteMaster::Transfers accesses = check_lite(core, reset);
        const std::uint32_t word = core.m_axis_tdata, value = core.s_axi_control_rdata;
        const bool last = core.m_axis_tlast;
        const std::uint8_t response = accesses.r ? core.s_axi_control_rresp : core.s_axi_control_bresp;
        core.aclk = 1;
        core.eval();
        cycles_++;
        if (reset) {
            return;
        }
        if (sent) {
            source_.transferred();
        }
        if (received) {
            sink_.transferred(word, last);
        }
        master_.transferred(core, accesses, response, value);
    }

    bool check_source(const Vcore &core, bool reset)
    {
        std::uint8_t payload[BUS_BYTES + KEEP_BYTES + 1] = {};
        std::memcpy(payload, &core.s_axis_tdata, BUS_BYTES);
        std::memcpy(payload + BUS_BYTES, &core.s_axis_tkeep, KEEP_BYTES);
        payload[BUS_BYTES + KEEP_BYTES] = core.s_axis_tlast;
        return source_rules_.sample(reset, core.s_axis_tvalid, core.s_axis_tready, payload, sizeof payload);
    }

    bool check_sink(const Vcore &core, bool reset)
    {
        const std::uint32_t payload[2] = {core.m_axis_tdata, std::uint32_t(core.m_axis_tkeep << 1 | core.m_axis_tlast)};
        const bool transfer = sink_rules_.sample(reset, core.m_axis_tvalid, core.m_axis_tready, payload, sizeof payload);
        if (transfer && core.m_axis_tkeep != 0xf) {
            sink_rules_.fail("a result must keep all its bytes");
        }
        return transfer;
    }

    hypgcn::LiteMaster::Transfers check_lite(const Vcore &core, bool reset)
    {
        const std::array<hypgcn::LiteSignals, hypgcn::LITE_CHANNELS> now{{
            {bool(core.s_axi_control_awvalid), bool(core.s_axi_control_awready),
             {core.s_axi_control_awaddr, core.s_axi_control_awprot}},
            {bool(core.s_axi_control_wvalid), bool(core.s_axi_control_wready),
             {core.s_axi_control_wdata, core.s_axi_control_wstrb}},
            {bool(core.s_axi_control_bvalid), bool(core.s_axi_control_bready), {core.s_axi_control_bresp, 0}},
            {bool(core.s_axi_control_arvalid), bool(core.s_axi_control_arready),
             {core.s_axi_control_araddr, core.s_axi_control_arprot}},
            {bool(core.s_axi_control_rvalid), bool(core.s_axi_control_rready),
             {core.s_axi_control_rdata, core.s_axi_control_rresp}},
        }};
        lite_rules_.sample(reset, now);
        const auto transfer = [&now](hypgcn::LiteChannel channel) { return now[channel].valid && now[channel].ready; };
        return {transfer(hypgcn::AW), transfer(hypgcn::W), transfer(hypgcn::B), transfer(hypgcn::AR),
                transfer(hypgcn::R)};
    }

    VerilatedContext context_;
    std::unique_ptr<Vcore> core_;
    hypgcn::Random random_;
    hypgcn::StreamSource source_;
    hypgcn::StreamSink sink_;
    hypgcn::LiteMaster master_;
    hypgcn::StreamRules source_rules_{"s_axis"}, sink_rules_{"m_axis"};
    hypgcn::LiteRules lite_rules_{"s_axi_control"};
    std::uint64_t cycles_ = 0;
    double idle_, stall_;
    std::uint32_t cycles_per_ms_;
};

// Calls `work` unless a rule was broken before; keeps the message of the first one.
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

// NULL when the folder of the model does not exist.
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

// Queues bytes to send, with TLAST at their end or without; `keep`: one byte per byte, or NULL for all.
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

// Holds aresetn low for so many cycles; drops what is queued.
EXPORT int hypgcn_sim_reset_pins(void *context, std::uint32_t cycles)
{
    return guarded(context, [=](Device &device) {
        device.reset_pins(cycles);
        return int(OK);
    });
}

// Checks that every request to the registers has its response.
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

// Beats that wait for their transfer.
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
