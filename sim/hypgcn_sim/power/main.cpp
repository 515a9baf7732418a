// Clips through the emitted core, back to back, with its switching activity written as SAIF.
//
// main CLIPS BYTES COUNT SAIF HALF_PS CONTROL START: CLIPS holds COUNT clips of BYTES bytes; half a clock period is HALF_PS
// picoseconds; START is written to the register CONTROL before the first clip. Runs in the folder of the memory images.
// Prints the words of every result, a line each. The activity begins with the first beat and ends with the last result.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vcore.h"
#include "verilated.h"
#include "verilated_saif_c.h"

static const unsigned BUS_BYTES = HYPGCN_BUS_BYTES;
static const uint64_t IDLE_LIMIT = 10000000;  // cycles without a result after which the run fails

int main(int argc, char **argv)
{
    if (argc != 8) {
        return 2;
    }
    const size_t bytes = strtoul(argv[2], nullptr, 10), clips = strtoul(argv[3], nullptr, 10);
    const uint64_t half = strtoull(argv[5], nullptr, 10);
    std::vector<uint8_t> data(bytes * clips);
    FILE *file = fopen(argv[1], "rb");
    if (!file || fread(data.data(), 1, data.size(), file) != data.size()) {
        return 2;
    }
    fclose(file);

    VerilatedContext context;
    context.traceEverOn(true);
    context.randReset(0);  // as in a device after configuration
    Vcore core{&context};
    VerilatedSaifC saif;
    core.trace(&saif, 99);
    core.aclk = core.aresetn = core.s_axis_tvalid = core.m_axis_tready = 0;
    core.s_axi_control_awvalid = core.s_axi_control_wvalid = core.s_axi_control_arvalid = 0;
    core.s_axi_control_bready = core.s_axi_control_rready = 1;

    size_t clip = 0, at = 0, results = 0;
    uint64_t cycle = 0, moved = 0;
    bool address_sent = false, word_sent = false, tracing = false;
    const auto dump = [&] {
        if (tracing) {
            saif.dump(context.time());
        }
        context.timeInc(half);
    };
    while (results < clips && cycle - moved < IDLE_LIMIT) {
        core.aresetn = cycle >= 8;
        if (cycle >= 16) {
            core.s_axi_control_awvalid = !address_sent;
            core.s_axi_control_wvalid = !word_sent;
            core.s_axi_control_awaddr = strtoul(argv[6], nullptr, 0);
            core.s_axi_control_wdata = strtoul(argv[7], nullptr, 0);
            core.s_axi_control_wstrb = 0xf;
            core.m_axis_tready = 1;
        }
        if (address_sent && word_sent && clip < clips) {
            const size_t size = bytes - at < BUS_BYTES ? bytes - at : BUS_BYTES;
            uint8_t beat[BUS_BYTES] = {};
            memcpy(beat, &data[clip * bytes + at], size);
            memcpy(&core.s_axis_tdata, beat, BUS_BYTES);
            const uint64_t keep = (uint64_t(1) << size) - 1;
            memcpy(&core.s_axis_tkeep, &keep, (BUS_BYTES + 7) / 8);
            core.s_axis_tlast = at + size == bytes;
            core.s_axis_tvalid = 1;
            if (!tracing) {
                tracing = true;
                context.time(0);
                saif.open(argv[4]);
            }
        } else {
            core.s_axis_tvalid = 0;
        }
        core.aclk = 0;
        core.eval();
        dump();
        const bool sent = core.s_axis_tvalid && core.s_axis_tready;
        const bool received = core.m_axis_tvalid && core.m_axis_tready, last = core.m_axis_tlast;
        const uint32_t word = core.m_axis_tdata;
        const bool address = core.s_axi_control_awvalid && core.s_axi_control_awready;
        const bool written = core.s_axi_control_wvalid && core.s_axi_control_wready;
        core.aclk = 1;
        core.eval();
        dump();
        cycle++;
        address_sent |= address;
        word_sent |= written;
        if (sent && (at += BUS_BYTES) >= bytes) {
            at = 0;
            clip++;
        }
        if (received) {
            moved = cycle;
            printf("%08" PRIx32 "%s", word, last ? "\n" : " ");
            results += last;
        }
    }
    if (tracing) {
        saif.close();
    }
    core.final();
    return results == clips ? 0 : 1;
}
