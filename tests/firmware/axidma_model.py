"""An AXI DMA in direct register mode as AMD's PG021 describes it: registers, and transfers between memory and a core.

What PG021 leaves open follows the RTL of axi_dma 7.1: a length that is written to a halted channel is stored and starts
nothing; the upper half of an address exists only with more than 32 address bits; registers keep as many bits as they
were built with.
"""

CONTROL, STATUS, ADDRESS, ADDRESS_HIGH, LENGTH = 0x00, 0x04, 0x18, 0x1c, 0x28
MM2S, S2MM = 0x00, 0x30
RUN, RESET = 1, 4
HALTED, IDLE, SCATTER_GATHER, INTERNAL, SLAVE, DECODE, DONE = 1, 2, 8, 0x10, 0x20, 0x40, 0x1000


class Memory:
    """Memory of the DMA.

    ``content`` : bytes at ``base``; ``log`` : (what, address, bytes) of each access, also beyond it
    """

    def __init__(self, base, content):
        self.base, self.content, self.log = base, content, []

    def read(self, address, size):
        self.log.append(("read", address, size))
        at = address - self.base
        return bytes(self.content[at:at + size]) if 0 <= at <= len(self.content) - size else None

    def write(self, address, data):
        self.log.append(("write", address, len(data)))
        at = address - self.base
        if not 0 <= at <= len(self.content) - len(data):
            return False
        self.content[at:at + len(data)] = data
        return True


class AxiDma:
    """Registers and channels.

    ``answer`` : result of a packet that was sent, or None
    ``reads`` : of a status before its channel is done; ``stuck`` : channels that never are
    ``error`` : bits that the status of a channel that was started gets instead
    ``channels`` : that were built; ``reset_reads`` : of a control register before a reset ends
    ``log`` : (offset, value) of each write; ``starts`` : (channel, address, length) of each transfer
    """

    def __init__(self, memory, answer, *, length_bits=26, address_bits=64, scatter_gather=False, channels=(MM2S, S2MM),
                 reads=2, reset_reads=2, stuck=(), error=0):
        self.memory, self.answer, self.channels, self.stuck = memory, answer, channels, set(stuck)
        self.length_mask, self.high_mask = (1 << length_bits) - 1, 0xffffffff if address_bits > 32 else 0
        self.scatter_gather, self.reads, self.reset_reads, self.error = scatter_gather, reads, reset_reads, error
        self.log, self.starts, self.result, self.resetting = [], [], None, 0
        self._reset()

    def _reset(self):
        self.words = {channel + offset: 0 for channel in (MM2S, S2MM) for offset in (CONTROL, ADDRESS, ADDRESS_HIGH,
                                                                                     LENGTH)}
        for channel in self.channels:
            self.words[channel + STATUS] = 0x10000 | HALTED | SCATTER_GATHER * self.scatter_gather
        self.left = {}

    def read(self, offset):
        channel, register = (S2MM if offset >= S2MM else MM2S), offset % S2MM
        if channel not in self.channels:
            return 0
        if register == CONTROL and self.resetting:
            self.resetting -= 1
            return RESET
        if register == STATUS and channel in self.left:
            self._advance(channel)
        return self.words.get(offset, 0)

    def write(self, offset, value):
        self.log.append((offset, value))
        channel, register = (S2MM if offset >= S2MM else MM2S), offset % S2MM
        if channel not in self.channels:
            return
        if register == CONTROL and value & RESET:
            self._reset()
            self.resetting = self.reset_reads
        elif register == CONTROL:
            self.words[offset] = value
            if value & RUN:
                self.words[channel + STATUS] &= ~HALTED
        elif register == STATUS:
            self.words[offset] &= ~(value & 0x7000)
        elif self.scatter_gather:
            return
        elif register == LENGTH:
            self.words[offset] = value & self.length_mask
            if self.words[channel + CONTROL] & RUN and value & self.length_mask:
                self._start(channel)
        elif register in (ADDRESS, ADDRESS_HIGH):
            self.words[offset] = value & (self.high_mask if register == ADDRESS_HIGH else 0xffffffff)

    def _start(self, channel):
        self.words[channel + STATUS] &= ~IDLE
        self.left[channel] = self.reads
        self.starts.append((channel, self._address(channel), self.words[channel + LENGTH]))

    def _address(self, channel):
        return self.words[channel + ADDRESS_HIGH] << 32 | self.words[channel + ADDRESS]

    def _advance(self, channel):
        if channel in self.stuck or channel == S2MM and self.result is None and not self.error:
            return
        self.left[channel] -= 1
        if self.left[channel] >= 0:
            return
        del self.left[channel]
        error = self.error or (self._send() if channel == MM2S else self._take())
        if error:
            for each in self.channels:  # an error of one stops both
                self.words[each + STATUS] |= HALTED
        self.words[channel + STATUS] |= error or DONE | IDLE

    def _send(self):
        data = self.memory.read(self._address(MM2S), self.words[MM2S + LENGTH])
        if data is None:
            return DECODE
        self.result = self.answer(data)
        return 0

    def _take(self):
        if len(self.result) > self.words[S2MM + LENGTH]:
            return INTERNAL
        if not self.memory.write(self._address(S2MM), self.result):
            return DECODE
        self.words[S2MM + LENGTH], self.result = len(self.result), None
        return 0
