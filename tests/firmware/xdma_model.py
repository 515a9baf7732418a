"""A card with XDMA behind the character devices of AMD's Linux driver (dma_ip_drivers, libxdma.c and cdev_sgdma.c).

A call is split into descriptors at the pages of its memory. To the card they are one packet, except where the driver's
ring of descriptors ends: it ends the packet there. From the card, every descriptor takes one packet or a part of one; a
call ends with a packet only if the device was opened with O_TRUNC and otherwise waits for packets for the descriptors
that are left. PG195: each descriptor from the card has a size that is a multiple of 64 bytes; a descriptor to the card
that fills no whole beats leaves a gap in TKEEP.
"""

import ctypes
import errno
import os

PAGE, RING, BEAT = 4096, 2048, 64
ERESTARTSYS = 512
USER, H2C, C2H = 10, 11, 12


def descriptors(address, size):
    """Sizes of the parts between pages."""
    sizes = []
    while size:
        sizes.append(min(size, PAGE - address % PAGE))
        address, size = address + sizes[-1], size - sizes[-1]
    return sizes


class Card:
    """Device files of a card.

    ``core`` : a :class:`~firmware.c_driver.FakeCore` at byte ``base``
    ``timeout`` : error number of the driver's time-outs: ETIMEDOUT, or ERESTARTSYS before 2026
    ``fail`` : {function: result} of calls that fail; ``calls`` : (function, address, size) of all
    ``packets`` : results that wait; ``sent`` : (bytes, whether TKEEP had gaps) of each packet to the core
    """

    FILES = {"user": USER, "h2c": H2C, "c2h": C2H}

    def __init__(self, core, *, base=0, timeout=errno.ETIMEDOUT, ring_at=0):
        self.core, self.base, self.timeout, self.ring_at = core, base, timeout, ring_at
        self.flags, self.fail, self.calls, self.packets, self.sent, self.opened = {}, {}, [], [], [], set()

    def call(self, function, file, data, size, where):
        """One call of the C library; a result below 0 is an error number."""
        self.calls.append((function, data, size))
        if function in self.fail:
            return self.fail[function]
        return getattr(self, f"_{function}")(file, data, size, where)

    def _open(self, file, data, size, flags):
        file = self.FILES.get(os.path.basename(ctypes.string_at(data).decode()))
        if file is None:
            return -errno.ENOENT
        if file in self.opened:
            return -errno.EBUSY
        self.opened.add(file)
        self.flags[file] = flags
        return file

    def _close(self, file, data, size, where):
        self.opened.discard(file)
        return 0

    def _pread(self, file, data, size, where):
        ctypes.memmove(data, self.core.read(where - self.base).to_bytes(4, "little"), 4)
        return 4

    def _pwrite(self, file, data, size, where):
        self.core.write(where - self.base, int.from_bytes(ctypes.string_at(data, 4), "little"))
        return 4

    def _write(self, file, data, size, where):
        sizes, done = descriptors(data, size), 0
        while sizes:
            count = min(len(sizes), RING - self.ring_at)
            part, sizes = sizes[:count], sizes[count:]
            self.ring_at = (self.ring_at + count) % RING
            if done:
                return done  # the core takes no second packet: the rest times out, but what was sent counts
            gaps = any(each % BEAT for each in part[:-1])
            packet = ctypes.string_at(data, sum(part))
            self.sent.append((packet, gaps))
            self.packets.append(self.core.answer(packet))
            done += sum(part)
        return done

    def _read(self, file, data, size, where):
        if data % BEAT or any(each % BEAT for each in descriptors(data, size)):
            return -errno.EINVAL
        done, at = 0, data
        for each in descriptors(data, size):
            if not self.packets:
                return done or -self.timeout
            part = self.packets[0][:each]
            ctypes.memmove(at, part, len(part))
            done, at = done + len(part), at + each
            self.packets[0] = self.packets[0][each:]
            if not self.packets[0]:
                self.packets.pop(0)
                if self.flags[file] & os.O_TRUNC:
                    return done
        return done
