# A verb per simulator; run in the folder of the RTL, as README.md here says.
NAME     := @NAME@
TOP      := $(NAME)_tb
LIST     := tb/$(NAME).f
BUILD    := tb/build
PLUSARGS ?=
VERILATOR_FLAGS ?=

.PHONY: icarus verilator xsim questa vcs clean

icarus:
	mkdir -p $(BUILD)
	iverilog -g2012 -s $(TOP) -o $(BUILD)/$(TOP).vvp -c $(LIST)
	vvp -n $(BUILD)/$(TOP).vvp $(PLUSARGS)

# -fcoroutines: compilers whose default is older than C++20 want it for a testbench with delays.
verilator:
	mkdir -p $(BUILD)
	verilator --binary --timing -j 0 -Wno-lint -Wno-fatal --top-module $(TOP) --Mdir $(BUILD)/verilator \
	  -CFLAGS -fcoroutines $(VERILATOR_FLAGS) -f $(LIST)
	$(BUILD)/verilator/V$(TOP) $(PLUSARGS)

xsim:
	xvlog --sv -f $(LIST)
	xelab $(TOP) -s $(TOP) -timescale 1ns/1ps
	xsim $(TOP) -R $(foreach arg,$(PLUSARGS),-testplusarg $(patsubst +%,%,$(arg)))

questa:
	mkdir -p $(BUILD)
	vlib $(BUILD)/work
	vlog -sv -work $(BUILD)/work -f $(LIST)
	vsim -c -work $(BUILD)/work $(TOP) $(PLUSARGS) -onfinish exit -do "onbreak {quit -code 1}; run -all"

vcs:
	mkdir -p $(BUILD)
	vcs -sverilog -full64 -timescale=1ns/1ps -top $(TOP) -o $(BUILD)/simv -f $(LIST)
	$(BUILD)/simv $(PLUSARGS)

clean:
	rm -rf $(BUILD)
