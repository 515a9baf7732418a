// The Verilator model of an emitted top.
#pragma once

#include "Vcore.h"
#include "verilated.h"

#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace hypgcn {

// A model whose memory images are in `folder` (the text names them relative to it), with random contents of registers and
// memories without a reset; `pins` sets its inputs before the first evaluation. Throws std::runtime_error when the folder
// cannot be entered.
template <class Pins>
std::unique_ptr<Vcore> open_model(VerilatedContext &context, const char *folder, std::uint64_t seed, Pins pins)
{
    context.randReset(2);
    context.randSeed(static_cast<int>(seed % 0x7fffffff) + 1);
    const int here = open(".", O_RDONLY | O_DIRECTORY);
    if (here < 0 || chdir(folder) != 0) {
        throw std::runtime_error(std::string("cannot enter ") + folder);
    }
    auto model = std::make_unique<Vcore>(&context);
    pins(*model);
    model->eval();
    const int back = fchdir(here);
    close(here);
    if (back != 0) {
        throw std::runtime_error("cannot return from the folder of the model");
    }
    return model;
}

}  // namespace hypgcn
