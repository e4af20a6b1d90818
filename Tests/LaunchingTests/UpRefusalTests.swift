import BundleFormat
import Testing
import Values

@testable import Launching

/// What `up` refuses before anything is changed, and how a plan reads.
@Suite("refusals of up")
struct UpRefusalTests {
    private func refusal(_ goal: UpGoal, _ change: (inout UpState) -> Void = { _ in }) throws -> LaunchError {
        var state = UpSample.nothing
        change(&state)
        return try #require(#expect(throws: LaunchError.self) { try goal.steps(from: state) })
    }

    @Test func aBundleWithoutItsSecretPart() throws {
        #expect(try refusal(UpSample(hasSecretPart: false).goal()) == .noSecretPart(bundle: "lab.tar"))
    }

    @Test func anInstanceOfAnotherProviderOrCluster() throws {
        let settled = try UpPlanTests.settled()
        #expect(
            try refusal(UpSample(media: .directories, provider: .nspawn).goal()) { $0 = settled }
                == .anotherProvider(instance: "lab", provider: "qemu", asked: "nspawn"))
        #expect(
            try refusal(UpSample(cluster: "other").goal()) { $0 = settled }
                == .anotherCluster(instance: "lab", cluster: "lab", asked: "other"))
    }

    @Test func aRestoreThatWasCutShort() throws {
        #expect(
            try refusal(UpSample().goal()) { $0.restoring = "before" }
                == .unfinishedRestore(name: "before", instance: "lab"))
    }

    @Test func aMachineThatIsNotThere() throws {
        #expect(
            try refusal(UpSample().goal(machines: ["etcd-9"]))
                == .noMachine(name: "etcd-9", instance: "lab", known: ["jump", "etcd-1", "worker-1"]))
    }

    @Test func aHostThatCannotRunThem() throws {
        let failure = Finding(.failure, "memory", "too little")
        #expect(
            try refusal(UpSample().goal()) { $0.findings = [failure, Finding(.warning, "disk", "small")] }
                == .unfit([failure]))
        var warned = UpSample.nothing
        warned.findings = [Finding(.warning, "disk", "small")]
        #expect(try UpSample().goal().steps(from: warned) == UpPlanTests.fresh)
    }

    @Test func aBaseTreeThatIsNotThere() throws {
        let goal = UpSample(media: .directories, provider: .nspawn)
        #expect(try refusal(goal.goal()) == .noBaseTree(path: "/base"))
        #expect(try refusal(UpSample(media: .directories, provider: .nspawn, baseTree: nil).goal()) == .noBaseTreeNamed)
        var state = UpSample.nothing
        state.baseTrees = ["/base"]
        for step in try goal.goal().steps(from: state) { state = state.after(step, to: goal.goal()) }
        let unnamed = UpSample(media: .directories, provider: .nspawn, baseTree: nil).goal()
        #expect(try unnamed.steps(from: state) == [], "the instance has one")
    }

    @Test func imagesThatAreNowhere() throws {
        #expect(
            try refusal(UpSample(bootFile: .unpinned).goal()) == .unpinnedBootFile(payload: "image"))
        let digest = UpSample.digest("c")
        #expect(
            try refusal(UpSample(bootFile: .absent(digest, store: "/store")).goal())
                == .absentBootFile(payload: "image", digest: digest, store: "/store"))
    }

    @Test("each step is a sentence, and for programs its parts")
    func sentences() throws {
        #expect(
            UpPlanTests.fresh.map(\.description) == [
                "make the directory /s/lab",
                "record the bundle \(UpSample.digest("a")) and its 3 machines",
                "write the operator's files: id_operator, known_hosts", "place the seed of jump",
                "place the seed of etcd-1", "place the seed of worker-1",
                "place image, which machines boot from, as images/image-aa", "fill the depot with 1 payload",
                "note that everything is in place", "start jump, etcd-1, worker-1",
            ])
        let others: [UpStep] = [
            .begin, .remove(machine: "worker-1"), .tell(machine: "jump"), .restoreNetwork(faults: ["no switch"]),
        ]
        #expect(
            others.map(\.description) == [
                "note that the instance is being changed",
                "stop worker-1, which is not in the bundle, and remove it with its disk",
                "have jump, which is running, apply its new seed", "mend the machines' network: no switch",
            ])
        #expect(
            UpStep.tell(machine: "jump").json == [
                "step": "tell", "machine": "jump", "description": "have jump, which is running, apply its new seed",
            ])
    }
}
