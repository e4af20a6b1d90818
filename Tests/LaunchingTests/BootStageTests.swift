import Testing

@testable import Launching

@Suite("boot stages")
struct BootStageTests {
    @Test(
        "a console tells how far a boot is",
        arguments: [
            ("", BootStage?.none), (" \r\n", nil), ("[    0.000000] Linux version 6.12", .booting),
            ("x\n[   12.1] cloud-init[321]: Cloud-init v. 25.1.4 running 'init'", .cloudInit),
            ("cloud-init[3]: x\n[   20.0] sh[400]: placed /etc/hosts", .applying),
            ("placed /etc/hosts\ngeneration 1: 25 changed, 0 removed, 0 unchanged\nlogin: ", .applied),
            ("slipway-apply: cannot read /x", .applied),
        ])
    func stages(_ text: String, _ stage: BootStage?) {
        #expect(BootStage(console: text[...]) == stage)
    }
}
