import Payloads
import Testing

struct FetchProgressTests {
    @Test func drawsOneLine() {
        var progress = FetchProgress(count: 3, total: 4000)
        #expect(progress.line() == "[....................] 0/3  0 B of 4.0 kB  ")
        progress.take(.started(name: "etcd", size: 2000))
        progress.take(.progress(name: "etcd", received: 1000))
        progress.take(.started(name: "runc", size: 1000))
        progress.take(.finished(name: "runc", .present))
        #expect(progress.line() == "[##########..........] 1/3  2.0 kB of 4.0 kB  etcd")
        progress.take(.failed(name: "etcd", .noStore))
        #expect(progress.line(width: 30) == "[##########..........] 2/3  2.")
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "999.9 kB"), (1_000_000, "1.0 MB"),
            (1_234_567_890, "1.2 GB"), (5_000_000_000_000, "5.0 TB"), (.max, "9223372.0 TB"),
        ] as [(Int64, String)])
    func writesSizes(_ bytes: Int64, _ text: String) { #expect(FetchProgress.size(bytes) == text) }
}
