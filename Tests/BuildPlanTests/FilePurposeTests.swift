import BuildPlan
import Testing

@Suite("what files are for") struct FilePurposeTests {
    @Test("every file of every machine has a sentence and a document") func complete() throws {
        for plan in [try SamplePlan.plan(), try SamplePlan.plan(SamplePlan.sharedKernel)] {
            let files = plan.machines.flatMap { $0.seedDocuments + $0.files } + plan.operator.files
            #expect(files.count > 50)
            for file in files {
                let purpose = FilePurpose.of(origin: file.content.origin)
                #expect(purpose != nil, "\(file.path): \(file.content.origin)")
                #expect(
                    purpose?.sentence.hasSuffix(".") == true && purpose?.document.isEmpty == false, "\(file.path)")
            }
        }
        #expect(FilePurpose.of(origin: "own/template") == nil)
    }
}
