// The Verilator model of a network on a serial line (hypgcn/boards/uart_top.py): its clock, and the host's end of the two
// wires, with a bit clock of its own that may be off and drift against the board's.
#include "model.hpp"

#include <cstdint>
#include <deque>
#include <memory>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// Bytes out of `write` go to rx bit by bit; what tx says is gathered for `read`. `bit` is the length of the host's bits in
// cycles of the board, with a fraction.
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

    // Goes on until a byte has come, or the line has been quiet for `quiet` cycles with nothing left to send.
    std::size_t read(std::uint8_t *data, std::size_t size, std::uint64_t quiet)
    {
        std::uint64_t left = quiet;
        while (come_.empty() && left != 0) {
            cycle();
            if (!sending_ && waiting_.empty() && !hearing_) {
                left--;
            } else {
                left = quiet;
            }
        }
        std::size_t count = 0;
        while (count < size && !come_.empty()) {
            data[count++] = come_.front();
            come_.pop_front();
        }
        return count;
    }

    std::uint64_t cycles() const { return cycles_; }
    std::uint64_t busy() const { return busy_; }
    std::uint64_t broken() const { return broken_; }

private:
    void cycle()
    {
        core_->clk = 1;
        core_->eval();
        drive();
        watch();
        core_->clk = 0;
        core_->eval();
        cycles_++;
        busy_ += core_->busy;
    }

    void drive()
    {
        if (sending_) {
            sent_ += 1.0;
            const unsigned place = static_cast<unsigned>(sent_ / bit_);
            if (place < 10) {
                core_->rx = place == 9 ? 1 : frame_ >> place & 1;
                return;
            }
            sent_ -= 10 * bit_;  // the fraction of a cycle goes into the next byte
            sending_ = false;
        } else {
            sent_ = 0;
        }
        if (!waiting_.empty()) {
            frame_ = waiting_.front() << 1;  // the start bit is low
            waiting_.pop_front();
            sending_ = true;
            core_->rx = 0;
        }
    }

    void watch()
    {
        if (!hearing_) {
            if (core_->tx == 0) {
                hearing_ = true;
                heard_ = 0;
                bits_ = 0;
                next_ = 0;
            }
            return;
        }
        heard_ += 1.0;
        if (heard_ < (next_ + 0.5) * bit_) {
            return;
        }
        if (next_ == 9) {
            hearing_ = false;
            if (core_->tx) {
                come_.push_back(static_cast<std::uint8_t>(bits_ >> 1));
            } else {
                broken_++;
            }
            return;
        }
        bits_ |= unsigned(core_->tx != 0) << next_++;
    }

    VerilatedContext context_;
    std::unique_ptr<Vcore> core_;
    const double bit_;
    std::deque<std::uint8_t> waiting_, come_;
    bool sending_ = false, hearing_ = false;
    double sent_ = 0, heard_ = 0;
    unsigned frame_ = 0, bits_ = 0, next_ = 0;
    std::uint64_t cycles_ = 0, busy_ = 0, broken_ = 0;
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

// Cycles in which a request was worked on.
EXPORT std::uint64_t hypgcn_line_busy(void *line)
{
    return static_cast<Line *>(line)->busy();
}

// Bytes whose stop bit was low.
EXPORT std::uint64_t hypgcn_line_broken(void *line)
{
    return static_cast<Line *>(line)->broken();
}
