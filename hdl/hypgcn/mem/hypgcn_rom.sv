// Read-only memory. data follows addr by LATENCY (1 or 2) enabled cycles. The contents come from INIT_FILE.
module hypgcn_rom #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter ADDR_WIDTH = 1,
    parameter LATENCY = 2,
    parameter STYLE = "auto",
    parameter INIT_FILE = ""
) (
    input wire clk,
    input wire en,
    input wire [ADDR_WIDTH-1:0] addr,
    output wire [WIDTH-1:0] data
);
    (* rom_style = STYLE, ram_style = STYLE *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];
    reg [WIDTH-1:0] word;

    // Yosys also reads the module with its default parameters.
    generate
        if (INIT_FILE != "") begin : contents
            initial $readmemh(INIT_FILE, memory);
        end
    endgenerate

    always_ff @(posedge clk)
        if (en) word <= memory[addr];

    generate
        if (LATENCY == 2) begin : registered
            reg [WIDTH-1:0] word_q;
            always_ff @(posedge clk)
                if (en) word_q <= word;
            assign data = word_q;
        end else begin : direct
            assign data = word;
        end
    endgenerate
endmodule
