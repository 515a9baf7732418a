// The Verilator model of a network on a serial line (hypgcn/boards/uart_top.py): its clock, and the host's end of the two
// wires, with a bit clock of its own that may be off and drift against the board's.
#include "model.hpp"

#include <cstdint>
#include <deque>
#include <memory>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// The host's UART: bytes of `write` are sent to rx, bytes received from tx wait for `read`. `bit` is the length of the
// host's bits in cycles of the board, with a fraction.
class Line {
public:
    Line(const char *folder, std::uint64_t seed, double bit) : bit_(bit)
    {
        core_ = hypgcn::open_model(context_, folder, seed, [](Vcore &pins) {
            pins.clk = 0;
            pins.rx = 1;
            pins.rst = 1;
        });
        for (int n = 0; n < 4; n++) {
            cycle();
        }
        core_->rst = 0;
    }

    void write(const std::uint8_t *data, std::size_t size) { waiting_.insert(waiting_.end(), data, data + size); }

    // Runs until a byte has arrived, or the line has been quiet for `quiet` cycles with nothing left to send.
    std::size_t read(std::uint8_t *data, std::size_t size, std::uint64_t quiet)
    {
        std::uint64_t left = quiet;
        while (received_.empty() && left != 0) {
            cycle();
            if (!sending_ && waiting_.empty() && !receiving_) {
                left--;
            } else {
                left = quiet;
            }
        }
        std::size_t count = 0;
        while (count < size && !received_.empty()) {
            data[count++] = received_.front();
            received_.pop_front();
        }
        return count;
    }

    std::uint64_t cycles() const { return cycles_; }
    std::uint64_t busy() const { return busy_; }
    std::uint64_t framing_errors() const { return framing_errors_; }

private:
    void cycle()
    {
        core_->clk = 1;
        core_->eval();
        send_bit();
        receive_bit();
        core_->clk = 0;
        core_->eval();
        cycles_++;
        busy_ += core_->busy;
    }

    void send_bit()
    {
        if (sending_) {
            sent_ += 1.0;
            const unsigned index = static_cast<unsigned>(sent_ / bit_);  // start bit, eight data bits, stop bit
            if (index < 10) {
                core_->rx = index == 9 ? 1 : frame_ >> index & 1;
                return;
            }
            sent_ -= 10 * bit_;  // keep the fraction of a cycle for the next byte
            sending_ = false;
        } else {
            sent_ = 0;
        }
        if (!waiting_.empty()) {
            frame_ = waiting_.front() << 1;  // below it the start bit, low
            waiting_.pop_front();
            sending_ = true;
            core_->rx = 0;
        }
    }

    void receive_bit()
    {
        if (!receiving_) {
            if (core_->tx == 0) {
                receiving_ = true;
                elapsed_ = 0;
                bits_ = 0;
                next_ = 0;
            }
            return;
        }
        elapsed_ += 1.0;
        if (elapsed_ < (next_ + 0.5) * bit_) {  // sample in the middle of the bit
            return;
        }
        if (next_ == 9) {
            receiving_ = false;
            if (core_->tx) {
                received_.push_back(static_cast<std::uint8_t>(bits_ >> 1));
            } else {
                framing_errors_++;
            }
            return;
        }
        bits_ |= unsigned(core_->tx != 0) << next_++;
    }

    VerilatedContext context_;
    std::unique_ptr<Vcore> core_;
    const double bit_;
    std::deque<std::uint8_t> waiting_, received_;
    bool sending_ = false, receiving_ = false;
    double sent_ = 0, elapsed_ = 0;  // cycles since the start of the byte
    unsigned frame_ = 0, bits_ = 0, next_ = 0;
    std::uint64_t cycles_ = 0, busy_ = 0, framing_errors_ = 0;
};

}  // namespace

// NULL when the folder of the model is not there.
EXPORT void *hypgcn_line_open(const char *folder, std::uint64_t seed, double bit)
{
    try {
        return new Line(folder, seed, bit);
    } catch (const std::exception &) {
        return nullptr;
    }
}

EXPORT void hypgcn_line_close(void *line)
{
    delete static_cast<Line *>(line);
}

EXPORT void hypgcn_line_write(void *line, const std::uint8_t *data, std::size_t size)
{
    static_cast<Line *>(line)->write(data, size);
}

EXPORT std::size_t hypgcn_line_read(void *line, std::uint8_t *data, std::size_t size, std::uint64_t quiet)
{
    return static_cast<Line *>(line)->read(data, size, quiet);
}

EXPORT std::uint64_t hypgcn_line_cycles(void *line)
{
    return static_cast<Line *>(line)->cycles();
}

// Cycles in which the board processed a request.
EXPORT std::uint64_t hypgcn_line_busy(void *line)
{
    return static_cast<Line *>(line)->busy();
}

// Bytes whose stop bit was low.
EXPORT std::uint64_t hypgcn_line_broken(void *line)
{
    return static_cast<Line *>(line)->framing_errors();
}
