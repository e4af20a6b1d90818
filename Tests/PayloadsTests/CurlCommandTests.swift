import Testing
import Transfer

@testable import Payloads

struct CurlCommandTests {
    @Test func isAValue() {
        let command = CurlCommand(
            executable: "/usr/bin/curl", address: "https://host/a", offset: 0,
            environment: ["HOME": "/h", "HTTPS_PROXY": "http://proxy", "LD_PRELOAD": "x", "TOKEN": "secret"])
        #expect(command.environment == ["HOME": "/h", "HTTPS_PROXY": "http://proxy"])
        #expect(command.arguments.first == "--disable")
        #expect(command.arguments.suffix(2) == ["--url", "https://host/a"])
        #expect(!command.arguments.contains("--continue-at"))
        let resumed = CurlCommand(executable: "/usr/bin/curl", address: "https://host/a", offset: 7, environment: [:])
        #expect(resumed.arguments.suffix(4) == ["--continue-at", "7", "--url", "https://host/a"])
    }

    @Test func tellsSecretsToNobody() {
        let command = CurlCommand(
            executable: "/usr/bin/curl", exchange: [("url", "https://host/a?key=1"), ("header", "A: \"b\\\n")],
            isLoopback: false, pace: .init(lowestRate: 1, patience: 1, longest: 60), environment: [:])
        #expect(command.configuration == "url = \"https://host/a?key=1\"\nheader = \"A: \\\"b\\\\\"\n")
        #expect(command.arguments.suffix(2) == ["--config", "-"])
        #expect(!command.arguments.contains { $0.contains("host") })
        #expect(command.arguments.contains("=https"))
    }

    @Test(
        arguments: [
            (0, "\n200", .complete), (22, "curl: (22) The requested URL returned error: 404\n404", .refused(404)),
            (22, "x\n503", .interrupted), (22, "x\n429", .interrupted), (22, "x\n416", .cannotResume),
            (33, "x\n200", .cannotResume),
            (18, "x\n200", .interrupted), (28, "x\n000", .interrupted), (60, "x\n000", .failed), (3, "", .failed),
        ] as [(Int32, String, TransferResult.Verdict)])
    func judges(_ status: Int32, _ errors: String, _ verdict: TransferResult.Verdict) {
        #expect(TransferResult(curlStatus: status, errors: errors).verdict == verdict)
    }

    @Test func keepsCurlsWords() {
        let result = TransferResult(curlStatus: 7, errors: "curl: (7) Failed to connect to host port 443\n\n000")
        #expect(result.message == "Failed to connect to host port 443")
        let long = TransferResult(
            curlStatus: 60, errors: "curl: (60) SSL problem\nMore details here\n\nRead this.\n000")
        #expect(long.message == "SSL problem")
        #expect(TransferResult(curlStatus: 2, errors: "").message == "curl ended with status 2")
    }
}
