from emitted_netlist import Netlist

TEXT = """\
module \\top.sub (clk, rst, q);
  input clk;
  reg [3:0] q = 4'h0;
  always_ff @(posedge clk)
    if (rst) begin
      q <= 4'h0;
    end
endmodule
module top(clk, \\i__x , q);
  wire clk;
  wire copy;
  reg core_rst = 1'h1;
  always_ff @(posedge clk)
    core_rst <= \\i__x ;
  always_ff @(posedge clk)
    if (core_rst) begin
      other <= 1'h0;
    end
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
