// One write port, one read port. r_data follows r_addr by LATENCY (1 or 2) enabled cycles. Not initialised. What a read of the
// address being written gives must not matter (no_rw_check is the attribute for Yosys).
module hypgcn_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter ADDR_WIDTH = 1,
    parameter LATENCY = 2,
    parameter STYLE = "auto"
) (
    input wire clk,
    input wire [ADDR_WIDTH-1:0] w_addr,
    input wire [WIDTH-1:0] w_data,
    input wire w_en,
    input wire [ADDR_WIDTH-1:0] r_addr,
    input wire r_en,
    output wire [WIDTH-1:0] r_data
);
    (* ram_style = STYLE, no_rw_check *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];
    reg [WIDTH-1:0] word;

    // synthesis translate_off
    // Block and LUT RAMs start as zeros in a device, and so here: four-state simulators would start with X.
    integer index;
    initial begin
        for (index = 0; index < DEPTH; index = index + 1) memory[index] = 0;
        word = 0;
    end
    // synthesis translate_on

    always_ff @(posedge clk)
        if (w_en) memory[w_addr] <= w_data;

    always_ff @(posedge clk)
        if (r_en) word <= memory[r_addr];

    generate
        if (LATENCY == 2) begin : registered
            reg [WIDTH-1:0] word_q;
            // synthesis translate_off
            initial word_q = 0;
            // synthesis translate_on
            always_ff @(posedge clk)
                if (r_en) word_q <= word;
            assign r_data = word_q;
        end else begin : direct
            assign r_data = word;
        end
    endgenerate
endmodule
