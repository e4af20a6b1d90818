import Foundation
import TestSupport
import Testing

/// cloud-init's schema for the user-data of every machine.
@Suite(.needs(.cloudInit))
struct CloudInitTests {
    @Test(arguments: ["ha", "ha-full", "simple"]) func everyUserDataIsValid(topology: String) throws {
        let bundle = try #require(BuiltBundle.all[topology]).get()
        for machine in bundle.machines {
            let file = bundle.path(machine.name, "/user-data")
            let outcome = try Tool.cloudInit.run(["schema", "--config-file", file])
            #expect(outcome.status == 0, "\(machine.name): \(outcome.transcript)")
            #expect(outcome.transcript.contains("Valid cloud-config"), "\(outcome.transcript)")
            #expect(!outcome.transcript.lowercased().contains("deprecat"), "\(outcome.transcript)")
        }
    }
}
