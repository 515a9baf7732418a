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

    // synthesis translate_off
    initial word = 0;
    // synthesis translate_on

    // Yosys also reads the module with its default parameters.
    generate
        if (INIT_FILE != "") begin : contents
            // The folder of the images, where it is not the one that the tool runs in: -DHYPGCN_IMAGES=\"folder\".
`ifdef HYPGCN_IMAGES
            localparam IMAGE = {`HYPGCN_IMAGES, "/", INIT_FILE};
`else
            localparam IMAGE = INIT_FILE;
`endif
            initial $readmemh(IMAGE, memory);

            // synthesis translate_off
            // To $readmemh a missing or short file is worth a warning, and the scores would be plausible and wrong.
            integer file;
            integer words;
            reg [WIDTH-1:0] line;
            initial begin
                file = $fopen(IMAGE, "r");
                if (file == 0)
                    $fatal(1, "memory image %0s not found: run in its folder, or define HYPGCN_IMAGES", IMAGE);
                words = 0;
                while ($fscanf(file, "%h", line) == 1) words = words + 1;
                $fclose(file);
                if (words != DEPTH) $fatal(1, "memory image %0s holds %0d words, not %0d", IMAGE, words, DEPTH);
            end
            // synthesis translate_on
        end
    endgenerate

    always_ff @(posedge clk)
        if (en) word <= memory[addr];

    generate
        if (LATENCY == 2) begin : registered
            reg [WIDTH-1:0] word_q;
            // synthesis translate_off
            initial word_q = 0;
            // synthesis translate_on
            always_ff @(posedge clk)
                if (en) word_q <= word;
            assign data = word_q;
        end else begin : direct
            assign data = word;
        end
    endgenerate
endmodule
