/* Measure a processor without AVX-512, VNNI and AMX on one that has them.
 *
 * On Linux, an Intel processor with the flag `cpuid_fault` can raise a signal for CPUID. This
 * library answers CPUID in its place, without these instructions, so that libraries choose their
 * code for AVX2:
 *
 *     gcc -O2 -shared -fPIC -o artifacts/hide_avx512.so benchmarks/hide_avx512.c
 *     python benchmarks/predict_speed.py --avx2 artifacts/hide_avx512.so
 *
 * LD_PRELOAD loads it, also in child processes, which inherit the variable.
 *
 * Sources: arch_prctl(2), ARCH_SET_CPUID; Intel, "64 and IA-32 Architectures Software Developer's
 * Manual", volume 2A, CPUID.
 */

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012
#define BIT(number) (1u << (number))

/* Leaf 7, subleaf 0: F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ;
 * 4VNNIW, 4FMAPS, VP2INTERSECT, AMX-BF16, FP16, AMX-TILE, AMX-INT8. */
static const unsigned HIDDEN_B = BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) |
                                 BIT(30) | BIT(31);
static const unsigned HIDDEN_C = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
static const unsigned HIDDEN_D = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);

static long set_cpuid(int allowed) { return syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed); }

static void answer_cpuid(int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    unsigned leaf = registers[REG_RAX], subleaf = registers[REG_RCX];
    unsigned a = leaf, b, c = subleaf, d;

    (void)info;
    if (code[0] != 0x0F || code[1] != 0xA2) { /* not CPUID: a fault of the program */
        signal(signal_number, SIG_DFL);
        return;
    }
    set_cpuid(1);
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    set_cpuid(0);
    if (leaf == 7 && subleaf == 0) {
        b &= ~HIDDEN_B;
        c &= ~HIDDEN_C;
        d &= ~HIDDEN_D;
    }
    if (leaf == 7 && subleaf == 1) /* AVX-VNNI, AVX512-BF16, AMX-FP16 */
        a = d = 0;
    if (leaf == 0x24) /* AVX10 */
        a = b = c = d = 0;
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void)
{
    struct sigaction action = {.sa_sigaction = answer_cpuid, .sa_flags = SA_SIGINFO | SA_NODEFER};

    if (sigaction(SIGSEGV, &action, NULL) || set_cpuid(0)) {
        perror("hide_avx512: the processor or the system cannot raise a signal for CPUID");
        exit(1);
    }
}
