/* Written by hypgcn.shell.register_files from hdl/hypgcn/shell/registers.py. Do not edit: make registers. */
#ifndef HYPGCN_REGISTERS_H
#define HYPGCN_REGISTERS_H

#define HYPGCN_MAGIC                               0x4e434748u
#define HYPGCN_ABI                                 1u
#define HYPGCN_ABI_ENSEMBLE                        2u
#define HYPGCN_MAX_BLOCKS                          64u
#define HYPGCN_MAX_STREAMS                         8u

#define HYPGCN_REG_CONTROL                         0x000u
#define HYPGCN_REG_CONTROL_START_MASK              0x00000001u
#define HYPGCN_REG_CONTROL_START_SHIFT             0u
#define HYPGCN_REG_CONTROL_DONE_MASK               0x00000002u
#define HYPGCN_REG_CONTROL_DONE_SHIFT              1u
#define HYPGCN_REG_CONTROL_IDLE_MASK               0x00000004u
#define HYPGCN_REG_CONTROL_IDLE_SHIFT              2u
#define HYPGCN_REG_CONTROL_READY_MASK              0x00000008u
#define HYPGCN_REG_CONTROL_READY_SHIFT             3u
#define HYPGCN_REG_CONTROL_AUTO_RESTART_MASK       0x00000080u
#define HYPGCN_REG_CONTROL_AUTO_RESTART_SHIFT      7u

#define HYPGCN_REG_INTERRUPT_GLOBAL                0x004u
#define HYPGCN_REG_INTERRUPT_GLOBAL_ENABLE_MASK    0x00000001u
#define HYPGCN_REG_INTERRUPT_GLOBAL_ENABLE_SHIFT   0u

#define HYPGCN_REG_INTERRUPT_ENABLE                0x008u
#define HYPGCN_REG_INTERRUPT_ENABLE_DONE_MASK      0x00000001u
#define HYPGCN_REG_INTERRUPT_ENABLE_DONE_SHIFT     0u
#define HYPGCN_REG_INTERRUPT_ENABLE_READY_MASK     0x00000002u
#define HYPGCN_REG_INTERRUPT_ENABLE_READY_SHIFT    1u
#define HYPGCN_REG_INTERRUPT_ENABLE_ERROR_MASK     0x00000004u
#define HYPGCN_REG_INTERRUPT_ENABLE_ERROR_SHIFT    2u

#define HYPGCN_REG_INTERRUPT_STATUS                0x00cu
#define HYPGCN_REG_INTERRUPT_STATUS_DONE_MASK      0x00000001u
#define HYPGCN_REG_INTERRUPT_STATUS_DONE_SHIFT     0u
#define HYPGCN_REG_INTERRUPT_STATUS_READY_MASK     0x00000002u
#define HYPGCN_REG_INTERRUPT_STATUS_READY_SHIFT    1u
#define HYPGCN_REG_INTERRUPT_STATUS_ERROR_MASK     0x00000004u
#define HYPGCN_REG_INTERRUPT_STATUS_ERROR_SHIFT    2u

#define HYPGCN_REG_MAGIC                           0x010u

#define HYPGCN_REG_VERSION                         0x014u
#define HYPGCN_REG_VERSION_PATCH_MASK              0x000000ffu
#define HYPGCN_REG_VERSION_PATCH_SHIFT             0u
#define HYPGCN_REG_VERSION_MINOR_MASK              0x0000ff00u
#define HYPGCN_REG_VERSION_MINOR_SHIFT             8u
#define HYPGCN_REG_VERSION_MAJOR_MASK              0x00ff0000u
#define HYPGCN_REG_VERSION_MAJOR_SHIFT             16u
#define HYPGCN_REG_VERSION_ABI_MASK                0xff000000u
#define HYPGCN_REG_VERSION_ABI_SHIFT               24u

#define HYPGCN_REG_HASH_LOW                        0x018u

#define HYPGCN_REG_HASH_HIGH                       0x01cu

#define HYPGCN_REG_SHAPE_0                         0x020u
#define HYPGCN_REG_SHAPE_0_FRAMES_MASK             0x0000ffffu
#define HYPGCN_REG_SHAPE_0_FRAMES_SHIFT            0u
#define HYPGCN_REG_SHAPE_0_JOINTS_MASK             0xffff0000u
#define HYPGCN_REG_SHAPE_0_JOINTS_SHIFT            16u

#define HYPGCN_REG_SHAPE_1                         0x024u
#define HYPGCN_REG_SHAPE_1_PERSONS_MASK            0x0000ffffu
#define HYPGCN_REG_SHAPE_1_PERSONS_SHIFT           0u
#define HYPGCN_REG_SHAPE_1_CHANNELS_MASK           0xffff0000u
#define HYPGCN_REG_SHAPE_1_CHANNELS_SHIFT          16u

#define HYPGCN_REG_NETWORK                         0x028u
#define HYPGCN_REG_NETWORK_CLASSES_MASK            0x0000ffffu
#define HYPGCN_REG_NETWORK_CLASSES_SHIFT           0u
#define HYPGCN_REG_NETWORK_BLOCKS_MASK             0x00ff0000u
#define HYPGCN_REG_NETWORK_BLOCKS_SHIFT            16u
#define HYPGCN_REG_NETWORK_BUS_BYTES_MASK          0xff000000u
#define HYPGCN_REG_NETWORK_BUS_BYTES_SHIFT         24u

#define HYPGCN_REG_CLIP_BYTES                      0x02cu

#define HYPGCN_REG_THRESHOLD                       0x030u
#define HYPGCN_REG_THRESHOLD_RAISE_MASK            0x0000007fu
#define HYPGCN_REG_THRESHOLD_RAISE_SHIFT           0u
#define HYPGCN_REG_THRESHOLD_APPLIED_MASK          0x00007f00u
#define HYPGCN_REG_THRESHOLD_APPLIED_SHIFT         8u

#define HYPGCN_REG_ERRORS                          0x034u
#define HYPGCN_REG_ERRORS_SHORT_MASK               0x00000001u
#define HYPGCN_REG_ERRORS_SHORT_SHIFT              0u
#define HYPGCN_REG_ERRORS_LATE_MASK                0x00000002u
#define HYPGCN_REG_ERRORS_LATE_SHIFT               1u
#define HYPGCN_REG_ERRORS_KEEP_MASK                0x00000004u
#define HYPGCN_REG_ERRORS_KEEP_SHIFT               2u
#define HYPGCN_REG_ERRORS_OVERFLOW_MASK            0x00000008u
#define HYPGCN_REG_ERRORS_OVERFLOW_SHIFT           3u
#define HYPGCN_REG_ERRORS_SATURATED_MASK           0x00000010u
#define HYPGCN_REG_ERRORS_SATURATED_SHIFT          4u
#define HYPGCN_REG_ERRORS_ABORTED_MASK             0x00000020u
#define HYPGCN_REG_ERRORS_ABORTED_SHIFT            5u

#define HYPGCN_REG_RESET                           0x038u
#define HYPGCN_REG_RESET_CORE_MASK                 0x00000001u
#define HYPGCN_REG_RESET_CORE_SHIFT                0u
#define HYPGCN_REG_RESET_INPUT_MASK                0x00000002u
#define HYPGCN_REG_RESET_INPUT_SHIFT               1u

#define HYPGCN_REG_SNAPSHOT                        0x03cu
#define HYPGCN_REG_SNAPSHOT_TAKE_MASK              0x00000001u
#define HYPGCN_REG_SNAPSHOT_TAKE_SHIFT             0u
#define HYPGCN_REG_SNAPSHOT_CLEAR_MASK             0x00000002u
#define HYPGCN_REG_SNAPSHOT_CLEAR_SHIFT            1u

#define HYPGCN_REG_CYCLES_LOW                      0x040u

#define HYPGCN_REG_CYCLES_HIGH                     0x044u

#define HYPGCN_REG_CLIPS_IN                        0x048u

#define HYPGCN_REG_CLIPS_OUT                       0x04cu

#define HYPGCN_REG_CLIP_CYCLES                     0x050u

#define HYPGCN_REG_STREAMS_0                       0x054u
#define HYPGCN_REG_STREAMS_0_BLOCKS_0_MASK         0x000000ffu
#define HYPGCN_REG_STREAMS_0_BLOCKS_0_SHIFT        0u
#define HYPGCN_REG_STREAMS_0_BLOCKS_1_MASK         0x0000ff00u
#define HYPGCN_REG_STREAMS_0_BLOCKS_1_SHIFT        8u
#define HYPGCN_REG_STREAMS_0_BLOCKS_2_MASK         0x00ff0000u
#define HYPGCN_REG_STREAMS_0_BLOCKS_2_SHIFT        16u
#define HYPGCN_REG_STREAMS_0_BLOCKS_3_MASK         0xff000000u
#define HYPGCN_REG_STREAMS_0_BLOCKS_3_SHIFT        24u

#define HYPGCN_REG_STREAMS_1                       0x058u
#define HYPGCN_REG_STREAMS_1_BLOCKS_4_MASK         0x000000ffu
#define HYPGCN_REG_STREAMS_1_BLOCKS_4_SHIFT        0u
#define HYPGCN_REG_STREAMS_1_BLOCKS_5_MASK         0x0000ff00u
#define HYPGCN_REG_STREAMS_1_BLOCKS_5_SHIFT        8u
#define HYPGCN_REG_STREAMS_1_BLOCKS_6_MASK         0x00ff0000u
#define HYPGCN_REG_STREAMS_1_BLOCKS_6_SHIFT        16u
#define HYPGCN_REG_STREAMS_1_BLOCKS_7_MASK         0xff000000u
#define HYPGCN_REG_STREAMS_1_BLOCKS_7_SHIFT        24u

#define HYPGCN_REG_BLOCK_BUSY(n)                   (0x100u + 16u * (n))

#define HYPGCN_REG_BLOCK_STARVED(n)                (0x104u + 16u * (n))

#define HYPGCN_REG_BLOCK_BLOCKED(n)                (0x108u + 16u * (n))

#define HYPGCN_REG_BLOCK_OVERFLOW(n)               (0x10cu + 16u * (n))

/* Words of a result after its scores, and the bits of the last one. */
#define HYPGCN_RESULT_ARGMAX                       0u
#define HYPGCN_RESULT_CLIP                         1u
#define HYPGCN_RESULT_FLAGS                        2u
#define HYPGCN_RESULT_TRAILER                      3u
#define HYPGCN_FLAG_SHORT                          0x00000001u
#define HYPGCN_FLAG_LATE                           0x00000002u
#define HYPGCN_FLAG_KEEP                           0x00000004u
#define HYPGCN_FLAG_OVERFLOW                       0x00000008u
#define HYPGCN_FLAG_SATURATED                      0x00000010u
#define HYPGCN_FLAG_ABORTED                        0x00000020u

/* First coordinate of a joint of raw input that is missing. */
#define HYPGCN_MISSING                             (-32768)

/* The largest clip and result of any design; those of one core are in its registers. */
#define HYPGCN_MAX_PERSONS                         16u
#define HYPGCN_MAX_FRAMES                          4096u
#define HYPGCN_MAX_JOINTS                          64u
#define HYPGCN_MAX_CHANNELS                        16u
#define HYPGCN_MAX_CLASSES                         1024u
#define HYPGCN_MAX_ELEMENT_BYTES                   2u
#define HYPGCN_MAX_CLIP_BYTES                      (HYPGCN_MAX_PERSONS * HYPGCN_MAX_FRAMES * HYPGCN_MAX_JOINTS * HYPGCN_MAX_CHANNELS * HYPGCN_MAX_ELEMENT_BYTES)
#define HYPGCN_MAX_RESULT_WORDS                    ((1u + HYPGCN_MAX_STREAMS) * HYPGCN_MAX_CLASSES + HYPGCN_RESULT_TRAILER)

#endif
