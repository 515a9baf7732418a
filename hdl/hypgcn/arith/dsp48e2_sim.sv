// Behavioural model of the DSP48E2 for simulation only: the modes that Dsp48e2Mac uses. In synthesis the tool knows the primitive.
// P = (OPMODE[5] | OPMODE[7] ? P : 0) + (OPMODE[4] ? PCIN : 0) + (A + D) * B. Any other setting stops the simulation.
module DSP48E2 #(
    parameter A_INPUT = "DIRECT",
    parameter B_INPUT = "DIRECT",
    parameter AMULTSEL = "A",
    parameter BMULTSEL = "B",
    parameter PREADDINSEL = "A",
    parameter USE_MULT = "MULTIPLY",
    parameter USE_SIMD = "ONE48",
    parameter USE_WIDEXOR = "FALSE",
    parameter USE_PATTERN_DETECT = "NO_PATDET",
    parameter integer AREG = 1,
    parameter integer ACASCREG = 1,
    parameter integer BREG = 1,
    parameter integer BCASCREG = 1,
    parameter integer CREG = 1,
    parameter integer DREG = 1,
    parameter integer ADREG = 1,
    parameter integer MREG = 1,
    parameter integer PREG = 1,
    parameter integer OPMODEREG = 1,
    parameter integer ALUMODEREG = 1,
    parameter integer INMODEREG = 1,
    parameter integer CARRYINREG = 1,
    parameter integer CARRYINSELREG = 1
) (
    input wire CLK,
    input wire signed [29:0] A,
    input wire signed [17:0] B,
    input wire [47:0] C,
    input wire signed [26:0] D,
    input wire [8:0] OPMODE,
    input wire [4:0] INMODE,
    input wire [3:0] ALUMODE,
    input wire CARRYIN,
    input wire [2:0] CARRYINSEL,
    input wire CEA1, CEA2, CEB1, CEB2, CEC, CED, CEAD, CEM, CEP, CECTRL, CEALUMODE, CEINMODE, CECARRYIN,
    input wire RSTA, RSTB, RSTC, RSTD, RSTM, RSTP, RSTCTRL, RSTALUMODE, RSTINMODE, RSTALLCARRYIN,
    input wire [29:0] ACIN,
    input wire [17:0] BCIN,
    input wire [47:0] PCIN,
    input wire CARRYCASCIN,
    input wire MULTSIGNIN,
    output wire [47:0] P,
    output wire [47:0] PCOUT
);
    reg signed [26:0] a = 0;
    reg signed [26:0] d = 0;
    reg signed [26:0] ad = 0;
    reg signed [17:0] b1 = 0;
    reg signed [17:0] b2 = 0;
    reg signed [44:0] m = 0;
    reg signed [47:0] p = 0;
    reg [8:0] opmode = 0;

    initial begin
        if (A_INPUT != "DIRECT" || B_INPUT != "DIRECT" || AMULTSEL != "AD" || BMULTSEL != "B" || PREADDINSEL != "A"
            || USE_MULT != "MULTIPLY" || USE_SIMD != "ONE48" || USE_WIDEXOR != "FALSE" || USE_PATTERN_DETECT != "NO_PATDET")
            $fatal(1, "DSP48E2: this model knows no other data path than (A + D) * B accumulated in P");
        if (AREG != 1 || ACASCREG != 1 || BREG != 2 || BCASCREG != 2 || DREG != 1 || ADREG != 1 || MREG != 1 || PREG != 1
            || CREG != 1 || OPMODEREG != 1 || ALUMODEREG != 0 || INMODEREG != 0 || CARRYINREG != 0 || CARRYINSELREG != 0)
            $fatal(1, "DSP48E2: this model knows no other pipeline registers");
    end

    // All enables on, all resets off, nothing but P cascaded, no carry; OPMODE may only choose between P and 0, in Z without PCIN, in W with it.
    wire usual = &{CEA1, CEA2, CEB1, CEB2, CEC, CED, CEAD, CEM, CEP, CECTRL, CEALUMODE, CEINMODE, CECARRYIN}
        && ~|{RSTA, RSTB, RSTC, RSTD, RSTM, RSTP, RSTCTRL, RSTALUMODE, RSTINMODE, RSTALLCARRYIN}
        && ~|{CARRYIN, CARRYINSEL, CARRYCASCIN, MULTSIGNIN, ACIN, BCIN, C, ALUMODE}
        && INMODE == 5'b00100 && ((OPMODE | 9'b000100000) == 9'b000100101 && ~|PCIN || (OPMODE | 9'b010000000) == 9'b010010101);

    // Unknown is not usual either. Not in the process below: a system task does not belong into an always_ff.
    always @(posedge CLK)
        if (usual !== 1'b1) $fatal(1, "DSP48E2: this model knows no such mode: OPMODE=%b INMODE=%b ALUMODE=%b", OPMODE, INMODE, ALUMODE);

    always_ff @(posedge CLK) begin
        a <= A[26:0];
        d <= D;
        b1 <= B;
        ad <= a + d;
        b2 <= b1;
        m <= ad * b2;
        opmode <= OPMODE;
        p <= (opmode[5] || opmode[7] ? p : 48'sd0) + (opmode[4] ? $signed(PCIN) : 48'sd0) + m;
    end

    assign P = p;
    assign PCOUT = p;
endmodule
