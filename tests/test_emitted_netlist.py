from emitted_netlist import Netlist

TEXT = """\
module \\top.sub (clk, rst, q);
  input clk;
  reg [3:0] q = 4'h0;
  wire \\$procmux$1_CMP ;
  always_ff @(posedge clk)
    q <= \\$1 ;
  assign \\$1  = \\$procmux$1_CMP  ? 4'h0 : d;
  assign \\$procmux$1_CMP  = rst;
endmodule
module top(clk, \\i__x , q);
  wire clk;
  wire copy;
  reg core_rst = 1'h1;
  always_ff @(posedge clk)
    core_rst <= \\i__x ;
  always_ff @(posedge clk)
    other <= \\$2 ;
  assign \\$2  = core_rst ? 1'h0 : \\i__x ;
  assign copy = core_rst;
  \\top.sub  sub (
    .clk(clk),
    .rst(core_rst),
    .q(q)
  );
  \\top.sub  again (
    .clk(clk),
    .rst(core_rst),
    .q(\\q$1 )
  );
endmodule
"""


def test_names_and_loads():
    netlist = Netlist([TEXT], "top")
    assert netlist.nets() == {"clk", "copy", "core_rst"}
    assert netlist.registers() == {"core_rst", "other"}
    assert [netlist.reset_loads(net) for net in ("core_rst", "copy", "clk")] == [3, 0, 0]
