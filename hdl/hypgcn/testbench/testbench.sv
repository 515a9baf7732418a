// Self-checking testbench of @NAME@, written by hypgcn. Clips go in through the AXI buses, and every word of every
// result is compared with the golden model's.
//
// It also checks that the registers name this design; that m_axis holds what it offers; that nothing follows the last
// result; and, in simulators with four states, that no output is unknown from the first cycle after reset on.
// Plusargs: +idle=N and +stall=N, chance in percent that the source pauses and that the sink takes nothing; +seed=N.
`timescale 1ns / 1ps
module @NAME@_tb;
@PARAMETERS@

    reg [8*BUS_BYTES-1:0] clips [0:CLIPS*BEATS-1];
    reg [31:0] results [0:CLIPS*WORDS-1];

    reg aclk = 1'b0;
    reg aresetn = 1'b0;
    reg [8*BUS_BYTES-1:0] s_axis_tdata = 0;
    reg [BUS_BYTES-1:0] s_axis_tkeep = 0;
    reg s_axis_tlast = 1'b0;
    reg s_axis_tvalid = 1'b0;
    wire s_axis_tready;
    wire [31:0] m_axis_tdata;
    wire [3:0] m_axis_tkeep;
    wire m_axis_tlast;
    wire m_axis_tvalid;
    reg m_axis_tready = 1'b0;
    reg awvalid = 1'b0;
    wire awready;
    reg wvalid = 1'b0;
    wire wready;
    wire [1:0] bresp;
    wire bvalid;
    reg [11:0] araddr = 0;
    reg arvalid = 1'b0;
    wire arready;
    wire [31:0] rdata;
    wire [1:0] rresp;
    wire rvalid;
    wire irq;

    @NAME@ dut (
        .aclk(aclk),
        .aresetn(aresetn),
        .s_axis_tdata(s_axis_tdata),
        .s_axis_tkeep(s_axis_tkeep),
        .s_axis_tlast(s_axis_tlast),
        .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tready(s_axis_tready),
        .m_axis_tdata(m_axis_tdata),
        .m_axis_tkeep(m_axis_tkeep),
        .m_axis_tlast(m_axis_tlast),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .s_axi_control_awaddr(CONTROL),
        .s_axi_control_awprot(3'b000),
        .s_axi_control_awvalid(awvalid),
        .s_axi_control_awready(awready),
        .s_axi_control_wdata(AUTO_RESTART),
        .s_axi_control_wstrb(4'b1111),
        .s_axi_control_wvalid(wvalid),
        .s_axi_control_wready(wready),
        .s_axi_control_bresp(bresp),
        .s_axi_control_bvalid(bvalid),
        .s_axi_control_bready(1'b1),
        .s_axi_control_araddr(araddr),
        .s_axi_control_arprot(3'b000),
        .s_axi_control_arvalid(arvalid),
        .s_axi_control_arready(arready),
        .s_axi_control_rdata(rdata),
        .s_axi_control_rresp(rresp),
        .s_axi_control_rvalid(rvalid),
        .s_axi_control_rready(1'b1),
        .irq(irq)
    );

    integer idle = 25;
    integer stall = 25;
    reg [31:0] seed = 1;
    reg [31:0] source_noise = 1;
    reg [31:0] sink_noise = 2;
    integer cycle = 0;
    integer beat = 0;
    integer word = 0;
    integer waited = 0;
    reg held = 1'b0;
    reg [36:0] held_payload = 0;

    always #HALF_PERIOD aclk = ~aclk;

    initial begin
        if ($value$plusargs("idle=%d", idle)) ;
        if ($value$plusargs("stall=%d", stall)) ;
        if ($value$plusargs("seed=%d", seed)) ;
        if (idle < 0 || idle > 99 || stall < 0 || stall > 99) $fatal(1, "+idle and +stall must be in 0..99");
        source_noise = seed;
        sink_noise = ~seed;
        $readmemh(CLIPS_FILE, clips);
        $readmemh(RESULTS_FILE, results);
        if (^clips[CLIPS*BEATS-1] === 1'bx || ^results[CLIPS*WORDS-1] === 1'bx)
            $fatal(1, "%0s or %0s is missing or short: run in the folder of the RTL", CLIPS_FILE, RESULTS_FILE);
    end

    // The same pauses in every simulator: a linear congruential generator, whose upper bits are the random ones.
    function [31:0] next_noise(input [31:0] noise);
        next_noise = noise * 32'd1664525 + 32'd1013904223;
    endfunction

    // What one thing after the other does is a state machine, sampled at the clock's edge like the core: a task that
    // waits for the edge would race with it, and simulators decide such races differently.
    localparam RESET = 0, READ_ALL = 1, START = 2, RUN = 3, SETTLE = 4, READ_AGAIN = 5;
    integer phase = RESET;
    reg reading = 1'b0;

    always @(posedge aclk) begin
        cycle <= cycle + 1;
        case (phase)
            RESET:
                if (cycle == 16) begin
                    aresetn <= 1'b1;
                    phase <= READ_ALL;
                end
            READ_ALL, READ_AGAIN: begin
                if (!reading) begin
                    arvalid <= 1'b1;
                    reading <= 1'b1;
                end else if (arvalid && arready) begin
                    arvalid <= 1'b0;
                end else if (rvalid) begin
                    if (araddr == IDENTITY && rdata !== MAGIC) $fatal(1, "MAGIC is %h, not that of a hypgcn core", rdata);
                    if (araddr == HASH_LOW && rdata !== HASH[31:0]) $fatal(1, "HASH_LOW is not that of this design");
                    if (araddr == HASH_HIGH && rdata !== HASH[63:32]) $fatal(1, "HASH_HIGH is not that of this design");
                    reading <= 1'b0;
                    araddr <= araddr + 12'd4;
                    if (araddr == LAST_REGISTER) begin
                        araddr <= 12'd0;
                        phase <= phase + 1;
                        awvalid <= phase == READ_ALL;
                        wvalid <= phase == READ_ALL;
                    end
                end
            end
            START: begin
                if (awready) awvalid <= 1'b0;
                if (wready) wvalid <= 1'b0;
                if (bvalid) phase <= RUN;
            end
            RUN:
                if (word == CLIPS * WORDS) phase <= SETTLE;
            SETTLE: begin
                waited <= waited + 1;
                if (waited == 200) phase <= READ_AGAIN;
            end
            default: begin
                $display("PASS: %0d clips, %0d words equal, %0d cycles", CLIPS, word, cycle);
                $finish;
            end
        endcase
        if (cycle == TIMEOUT) $fatal(1, "no end after %0d cycles: %0d of %0d words came", cycle, word, CLIPS * WORDS);
    end

    // The source. A beat that is offered stays until it is taken.
    always @(posedge aclk) begin
        source_noise <= next_noise(source_noise);
        if (phase >= RUN && (!s_axis_tvalid || s_axis_tready)) begin
            if (beat < CLIPS * BEATS && source_noise[31:16] % 100 >= idle) begin
                s_axis_tvalid <= 1'b1;
                s_axis_tdata <= clips[beat];
                s_axis_tlast <= beat % BEATS == BEATS - 1;
                s_axis_tkeep <= beat % BEATS == BEATS - 1 ? LAST_KEEP : {BUS_BYTES{1'b1}};
                beat <= beat + 1;
            end else begin
                s_axis_tvalid <= 1'b0;
            end
        end
    end

    // The sink, and what must hold in every cycle.
    always @(posedge aclk) begin
        sink_noise <= next_noise(sink_noise);
        m_axis_tready <= sink_noise[31:16] % 100 >= stall;
        if (aresetn) begin
            if (^{s_axis_tready, m_axis_tvalid, m_axis_tlast, m_axis_tkeep, m_axis_tdata} === 1'bx)
                $fatal(1, "cycle %0d: a port of a stream is unknown", cycle);
            if (^{awready, wready, bvalid, bresp, arready, rvalid, rresp, rdata, irq} === 1'bx)
                $fatal(1, "cycle %0d: a port of the registers, or irq, is unknown", cycle);
            if (held && (!m_axis_tvalid || held_payload != {m_axis_tlast, m_axis_tkeep, m_axis_tdata}))
                $fatal(1, "cycle %0d: m_axis changed before it was taken", cycle);
            held <= m_axis_tvalid && !m_axis_tready;
            held_payload <= {m_axis_tlast, m_axis_tkeep, m_axis_tdata};
            if (m_axis_tvalid && m_axis_tready) begin
                if (word == CLIPS * WORDS) $fatal(1, "cycle %0d: a word follows the last result", cycle);
                if (m_axis_tdata !== results[word])
                    $fatal(1, "clip %0d, word %0d: expected %h, got %h", word / WORDS, word % WORDS, results[word],
                           m_axis_tdata);
                if (m_axis_tlast !== (word % WORDS == WORDS - 1))
                    $fatal(1, "clip %0d, word %0d: TLAST is not on the last word", word / WORDS, word % WORDS);
                word <= word + 1;
                if (word % WORDS == WORDS - 1)
                    $display("clip %0d of %0d equal, cycle %0d", word / WORDS + 1, CLIPS, cycle);
            end
        end
    end
endmodule
