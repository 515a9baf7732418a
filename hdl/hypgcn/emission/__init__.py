"""From components to SystemVerilog text: modules that are emitted once, memory images, and the files on disk."""
