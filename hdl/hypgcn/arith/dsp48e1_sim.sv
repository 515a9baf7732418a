// Behavioural model of the DSP48E1 for simulation only: the modes that Dsp48e1Mac uses. In synthesis the tool knows the primitive.
// P = (OPMODE[5] ? P : 0) + (OPMODE[4] ? PCIN : 0) + (A + D) * B. Any other setting stops the simulation.
module DSP48E1 #(
    parameter A_INPUT = "DIRECT",
    parameter B_INPUT = "DIRECT",
    parameter USE_DPORT = "FALSE",
    parameter USE_MULT = "MULTIPLY",
    parameter USE_SIMD = "ONE48",
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
    input wire signed [24:0] D,
    input wire [6:0] OPMODE,
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
    reg signed [24:0] a = 0;
    reg signed [24:0] d = 0;
    reg signed [24:0] ad = 0;
    reg signed [17:0] b1 = 0;
    reg signed [17:0] b2 = 0;
    reg signed [42:0] m = 0;
    reg signed [47:0] p = 0;
    reg [6:0] opmode = 0;

    // A chain has neither AD nor B2.
    wire signed [24:0] sum = a + d;
    wire signed [24:0] multiplicand = ADREG == 1 ? ad : sum;
    wire signed [17:0] multiplier = BREG == 2 ? b2 : b1;

    initial begin
        if (A_INPUT != "DIRECT" || B_INPUT != "DIRECT" || USE_DPORT != "TRUE" || USE_MULT != "MULTIPLY"
            || USE_SIMD != "ONE48" || USE_PATTERN_DETECT != "NO_PATDET")
            $fatal(1, "DSP48E1: this model knows no other data path than (A + D) * B accumulated in P");
        if (AREG != 1 || ACASCREG != 1 || BREG != ADREG + 1 || BCASCREG != BREG || DREG != 1 || ADREG < 0 || ADREG > 1 || MREG != 1
            || PREG != 1 || CREG != 1 || OPMODEREG != 1 || ALUMODEREG != 0 || INMODEREG != 0 || CARRYINREG != 0 || CARRYINSELREG != 0)
            $fatal(1, "DSP48E1: this model knows no other pipeline registers");
    end

    // All enables on, all resets off, nothing but P cascaded, no carry; Z is nothing or P, in a chain nothing or PCIN.
    wire usual = &{CEA1, CEA2, CEB1, CEB2, CEC, CED, CEAD, CEM, CEP, CECTRL, CEALUMODE, CEINMODE, CECARRYIN}
        && ~|{RSTA, RSTB, RSTC, RSTD, RSTM, RSTP, RSTCTRL, RSTALUMODE, RSTINMODE, RSTALLCARRYIN}
        && ~|{CARRYIN, CARRYINSEL, CARRYCASCIN, MULTSIGNIN, ACIN, BCIN, C, ALUMODE}
        && INMODE == 5'b00100
        && (ADREG == 1 ? (OPMODE | 7'b0100000) == 7'b0100101 && ~|PCIN : OPMODE == 7'b0010101 || OPMODE == 7'b0000101 && ~|PCIN);

    // Unknown is not usual either. Not in the process below: a system task does not belong into an always_ff.
    always @(posedge CLK)
        if (usual !== 1'b1) $fatal(1, "DSP48E1: this model knows no such mode: OPMODE=%b INMODE=%b ALUMODE=%b", OPMODE, INMODE, ALUMODE);

    always_ff @(posedge CLK) begin
        a <= A[24:0];
        d <= D;
        b1 <= B;
        ad <= sum;
        b2 <= b1;
        m <= multiplicand * multiplier;
        opmode <= OPMODE;
        p <= (opmode[5] ? p : 48'sd0) + (opmode[4] ? $signed(PCIN) : 48'sd0) + m;
    end

    assign P = p;
    assign PCOUT = p;
endmodule
