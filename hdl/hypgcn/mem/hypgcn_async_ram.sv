// One write port, one combinational read port, in LUT RAM. Not initialised.
module hypgcn_async_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter ADDR_WIDTH = 1
) (
    input wire clk,
    input wire [ADDR_WIDTH-1:0] w_addr,
    input wire [WIDTH-1:0] w_data,
    input wire w_en,
    input wire [ADDR_WIDTH-1:0] r_addr,
    output wire [WIDTH-1:0] r_data
);
    (* ram_style = "distributed" *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];

    // synthesis translate_off
    // Block and LUT RAMs start as zeros in a device, and so here: four-state simulators would start with X.
    integer index;
    initial for (index = 0; index < DEPTH; index = index + 1) memory[index] = 0;
    // synthesis translate_on

    always_ff @(posedge clk)
        if (w_en) memory[w_addr] <= w_data;

    assign r_data = memory[r_addr];
endmodule
