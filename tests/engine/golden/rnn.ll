target triple = "x86_64-unknown-linux-gnu"

declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare <8 x float> @llvm.masked.load.v8f32.p0(ptr, i32, <8 x i1>, <8 x float>)
declare <8 x float> @llvm.fabs.v8f32(<8 x float>)
declare <8 x float> @llvm.copysign.v8f32(<8 x float>, <8 x float>)
declare void @llvm.masked.store.v8f32.p0(<8 x float>, ptr, i32, <8 x i1>)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)

define internal void @phase0.width20.product1x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca i64, i64 1, align 64
  %s87 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  %v4 = and i64 %depth, -4
  store i64 0, ptr %s6, align 8
  br label %loop5.head
loop5.head:
  %v7 = load i64, ptr %s6, align 8
  %v8 = icmp slt i64 %v7, %v4
  br i1 %v8, label %loop5.body, label %loop5.end
loop5.body:
  %v9 = add i64 %v7, 0
  %v10 = mul i64 %v9, 96
  %v11 = getelementptr i8, ptr %weights, i64 %v10
  %v12 = load <8 x float>, ptr %v11, align 64
  %v13 = getelementptr i8, ptr %v11, i64 32
  %v14 = load <8 x float>, ptr %v13, align 64
  %v15 = getelementptr i8, ptr %v11, i64 64
  %v16 = load <8 x float>, ptr %v15, align 64
  %v17 = mul i64 %v9, 4
  %v18 = getelementptr i8, ptr %left, i64 %v17
  %v19 = load float, ptr %v18, align 4
  %v20 = insertelement <8 x float> poison, float %v19, i64 0
  %v21 = shufflevector <8 x float> %v20, <8 x float> poison, <8 x i32> zeroinitializer
  %v22 = load <8 x float>, ptr %s1, align 64
  %v23 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v21, <8 x float> %v12, <8 x float> %v22)
  store <8 x float> %v23, ptr %s1, align 64
  %v24 = load <8 x float>, ptr %s2, align 64
  %v25 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v21, <8 x float> %v14, <8 x float> %v24)
  store <8 x float> %v25, ptr %s2, align 64
  %v26 = load <8 x float>, ptr %s3, align 64
  %v27 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v21, <8 x float> %v16, <8 x float> %v26)
  store <8 x float> %v27, ptr %s3, align 64
  %v28 = add i64 %v7, 1
  %v29 = mul i64 %v28, 96
  %v30 = getelementptr i8, ptr %weights, i64 %v29
  %v31 = load <8 x float>, ptr %v30, align 64
  %v32 = getelementptr i8, ptr %v30, i64 32
  %v33 = load <8 x float>, ptr %v32, align 64
  %v34 = getelementptr i8, ptr %v30, i64 64
  %v35 = load <8 x float>, ptr %v34, align 64
  %v36 = mul i64 %v28, 4
  %v37 = getelementptr i8, ptr %left, i64 %v36
  %v38 = load float, ptr %v37, align 4
  %v39 = insertelement <8 x float> poison, float %v38, i64 0
  %v40 = shufflevector <8 x float> %v39, <8 x float> poison, <8 x i32> zeroinitializer
  %v41 = load <8 x float>, ptr %s1, align 64
  %v42 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v31, <8 x float> %v41)
  store <8 x float> %v42, ptr %s1, align 64
  %v43 = load <8 x float>, ptr %s2, align 64
  %v44 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v33, <8 x float> %v43)
  store <8 x float> %v44, ptr %s2, align 64
  %v45 = load <8 x float>, ptr %s3, align 64
  %v46 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v35, <8 x float> %v45)
  store <8 x float> %v46, ptr %s3, align 64
  %v47 = add i64 %v7, 2
  %v48 = mul i64 %v47, 96
  %v49 = getelementptr i8, ptr %weights, i64 %v48
  %v50 = load <8 x float>, ptr %v49, align 64
  %v51 = getelementptr i8, ptr %v49, i64 32
  %v52 = load <8 x float>, ptr %v51, align 64
  %v53 = getelementptr i8, ptr %v49, i64 64
  %v54 = load <8 x float>, ptr %v53, align 64
  %v55 = mul i64 %v47, 4
  %v56 = getelementptr i8, ptr %left, i64 %v55
  %v57 = load float, ptr %v56, align 4
  %v58 = insertelement <8 x float> poison, float %v57, i64 0
  %v59 = shufflevector <8 x float> %v58, <8 x float> poison, <8 x i32> zeroinitializer
  %v60 = load <8 x float>, ptr %s1, align 64
  %v61 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v50, <8 x float> %v60)
  store <8 x float> %v61, ptr %s1, align 64
  %v62 = load <8 x float>, ptr %s2, align 64
  %v63 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v52, <8 x float> %v62)
  store <8 x float> %v63, ptr %s2, align 64
  %v64 = load <8 x float>, ptr %s3, align 64
  %v65 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v54, <8 x float> %v64)
  store <8 x float> %v65, ptr %s3, align 64
  %v66 = add i64 %v7, 3
  %v67 = mul i64 %v66, 96
  %v68 = getelementptr i8, ptr %weights, i64 %v67
  %v69 = load <8 x float>, ptr %v68, align 64
  %v70 = getelementptr i8, ptr %v68, i64 32
  %v71 = load <8 x float>, ptr %v70, align 64
  %v72 = getelementptr i8, ptr %v68, i64 64
  %v73 = load <8 x float>, ptr %v72, align 64
  %v74 = mul i64 %v66, 4
  %v75 = getelementptr i8, ptr %left, i64 %v74
  %v76 = load float, ptr %v75, align 4
  %v77 = insertelement <8 x float> poison, float %v76, i64 0
  %v78 = shufflevector <8 x float> %v77, <8 x float> poison, <8 x i32> zeroinitializer
  %v79 = load <8 x float>, ptr %s1, align 64
  %v80 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v78, <8 x float> %v69, <8 x float> %v79)
  store <8 x float> %v80, ptr %s1, align 64
  %v81 = load <8 x float>, ptr %s2, align 64
  %v82 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v78, <8 x float> %v71, <8 x float> %v81)
  store <8 x float> %v82, ptr %s2, align 64
  %v83 = load <8 x float>, ptr %s3, align 64
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v78, <8 x float> %v73, <8 x float> %v83)
  store <8 x float> %v84, ptr %s3, align 64
  %v85 = add i64 %v7, 4
  store i64 %v85, ptr %s6, align 8
  br label %loop5.head
loop5.end:
  store i64 %v4, ptr %s87, align 8
  br label %loop86.head
loop86.head:
  %v88 = load i64, ptr %s87, align 8
  %v89 = icmp slt i64 %v88, %depth
  br i1 %v89, label %loop86.body, label %loop86.end
loop86.body:
  %v90 = mul i64 %v88, 96
  %v91 = getelementptr i8, ptr %weights, i64 %v90
  %v92 = load <8 x float>, ptr %v91, align 64
  %v93 = getelementptr i8, ptr %v91, i64 32
  %v94 = load <8 x float>, ptr %v93, align 64
  %v95 = getelementptr i8, ptr %v91, i64 64
  %v96 = load <8 x float>, ptr %v95, align 64
  %v97 = mul i64 %v88, 4
  %v98 = getelementptr i8, ptr %left, i64 %v97
  %v99 = load float, ptr %v98, align 4
  %v100 = insertelement <8 x float> poison, float %v99, i64 0
  %v101 = shufflevector <8 x float> %v100, <8 x float> poison, <8 x i32> zeroinitializer
  %v102 = load <8 x float>, ptr %s1, align 64
  %v103 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v92, <8 x float> %v102)
  store <8 x float> %v103, ptr %s1, align 64
  %v104 = load <8 x float>, ptr %s2, align 64
  %v105 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v94, <8 x float> %v104)
  store <8 x float> %v105, ptr %s2, align 64
  %v106 = load <8 x float>, ptr %s3, align 64
  %v107 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v96, <8 x float> %v106)
  store <8 x float> %v107, ptr %s3, align 64
  %v108 = add i64 %v88, 1
  store i64 %v108, ptr %s87, align 8
  br label %loop86.head
loop86.end:
  br i1 %begins, label %if109.then, label %if109.end
if109.then:
  %v110 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v110, ptr %place, align 64
  %v111 = getelementptr i8, ptr %place, i64 32
  %v112 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v112, ptr %v111, align 64
  %v113 = getelementptr i8, ptr %place, i64 64
  %v114 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v114, ptr %v113, align 64
  br label %if109.end
if109.end:
  %v115 = xor i1 %begins, true
  br i1 %v115, label %if116.then, label %if116.end
if116.then:
  %v117 = load <8 x float>, ptr %s1, align 64
  %v118 = load <8 x float>, ptr %place, align 64
  %v119 = fadd <8 x float> %v117, %v118
  store <8 x float> %v119, ptr %place, align 64
  %v120 = getelementptr i8, ptr %place, i64 32
  %v121 = load <8 x float>, ptr %s2, align 64
  %v122 = load <8 x float>, ptr %v120, align 64
  %v123 = fadd <8 x float> %v121, %v122
  store <8 x float> %v123, ptr %v120, align 64
  %v124 = getelementptr i8, ptr %place, i64 64
  %v125 = load <8 x float>, ptr %s3, align 64
  %v126 = load <8 x float>, ptr %v124, align 64
  %v127 = fadd <8 x float> %v125, %v126
  store <8 x float> %v127, ptr %v124, align 64
  br label %if116.end
if116.end:
  ret void
}

define internal void @phase0.width20.product2x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s4 = alloca <8 x float>, i64 1, align 64
  %s5 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca <8 x float>, i64 1, align 64
  %s9 = alloca i64, i64 1, align 64
  %s130 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s4, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s5, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s6, align 8
  %v7 = and i64 %depth, -4
  store i64 0, ptr %s9, align 8
  br label %loop8.head
loop8.head:
  %v10 = load i64, ptr %s9, align 8
  %v11 = icmp slt i64 %v10, %v7
  br i1 %v11, label %loop8.body, label %loop8.end
loop8.body:
  %v12 = add i64 %v10, 0
  %v13 = mul i64 %v12, 96
  %v14 = getelementptr i8, ptr %weights, i64 %v13
  %v15 = load <8 x float>, ptr %v14, align 64
  %v16 = getelementptr i8, ptr %v14, i64 32
  %v17 = load <8 x float>, ptr %v16, align 64
  %v18 = getelementptr i8, ptr %v14, i64 64
  %v19 = load <8 x float>, ptr %v18, align 64
  %v20 = mul i64 %v12, 4
  %v21 = getelementptr i8, ptr %left, i64 %v20
  %v22 = load float, ptr %v21, align 4
  %v23 = insertelement <8 x float> poison, float %v22, i64 0
  %v24 = shufflevector <8 x float> %v23, <8 x float> poison, <8 x i32> zeroinitializer
  %v25 = load <8 x float>, ptr %s1, align 64
  %v26 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v24, <8 x float> %v15, <8 x float> %v25)
  store <8 x float> %v26, ptr %s1, align 64
  %v27 = load <8 x float>, ptr %s2, align 64
  %v28 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v24, <8 x float> %v17, <8 x float> %v27)
  store <8 x float> %v28, ptr %s2, align 64
  %v29 = load <8 x float>, ptr %s3, align 64
  %v30 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v24, <8 x float> %v19, <8 x float> %v29)
  store <8 x float> %v30, ptr %s3, align 64
  %v31 = getelementptr i8, ptr %v21, i64 128
  %v32 = load float, ptr %v31, align 4
  %v33 = insertelement <8 x float> poison, float %v32, i64 0
  %v34 = shufflevector <8 x float> %v33, <8 x float> poison, <8 x i32> zeroinitializer
  %v35 = load <8 x float>, ptr %s4, align 64
  %v36 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v34, <8 x float> %v15, <8 x float> %v35)
  store <8 x float> %v36, ptr %s4, align 64
  %v37 = load <8 x float>, ptr %s5, align 64
  %v38 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v34, <8 x float> %v17, <8 x float> %v37)
  store <8 x float> %v38, ptr %s5, align 64
  %v39 = load <8 x float>, ptr %s6, align 64
  %v40 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v34, <8 x float> %v19, <8 x float> %v39)
  store <8 x float> %v40, ptr %s6, align 64
  %v41 = add i64 %v10, 1
  %v42 = mul i64 %v41, 96
  %v43 = getelementptr i8, ptr %weights, i64 %v42
  %v44 = load <8 x float>, ptr %v43, align 64
  %v45 = getelementptr i8, ptr %v43, i64 32
  %v46 = load <8 x float>, ptr %v45, align 64
  %v47 = getelementptr i8, ptr %v43, i64 64
  %v48 = load <8 x float>, ptr %v47, align 64
  %v49 = mul i64 %v41, 4
  %v50 = getelementptr i8, ptr %left, i64 %v49
  %v51 = load float, ptr %v50, align 4
  %v52 = insertelement <8 x float> poison, float %v51, i64 0
  %v53 = shufflevector <8 x float> %v52, <8 x float> poison, <8 x i32> zeroinitializer
  %v54 = load <8 x float>, ptr %s1, align 64
  %v55 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v53, <8 x float> %v44, <8 x float> %v54)
  store <8 x float> %v55, ptr %s1, align 64
  %v56 = load <8 x float>, ptr %s2, align 64
  %v57 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v53, <8 x float> %v46, <8 x float> %v56)
  store <8 x float> %v57, ptr %s2, align 64
  %v58 = load <8 x float>, ptr %s3, align 64
  %v59 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v53, <8 x float> %v48, <8 x float> %v58)
  store <8 x float> %v59, ptr %s3, align 64
  %v60 = getelementptr i8, ptr %v50, i64 128
  %v61 = load float, ptr %v60, align 4
  %v62 = insertelement <8 x float> poison, float %v61, i64 0
  %v63 = shufflevector <8 x float> %v62, <8 x float> poison, <8 x i32> zeroinitializer
  %v64 = load <8 x float>, ptr %s4, align 64
  %v65 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v63, <8 x float> %v44, <8 x float> %v64)
  store <8 x float> %v65, ptr %s4, align 64
  %v66 = load <8 x float>, ptr %s5, align 64
  %v67 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v63, <8 x float> %v46, <8 x float> %v66)
  store <8 x float> %v67, ptr %s5, align 64
  %v68 = load <8 x float>, ptr %s6, align 64
  %v69 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v63, <8 x float> %v48, <8 x float> %v68)
  store <8 x float> %v69, ptr %s6, align 64
  %v70 = add i64 %v10, 2
  %v71 = mul i64 %v70, 96
  %v72 = getelementptr i8, ptr %weights, i64 %v71
  %v73 = load <8 x float>, ptr %v72, align 64
  %v74 = getelementptr i8, ptr %v72, i64 32
  %v75 = load <8 x float>, ptr %v74, align 64
  %v76 = getelementptr i8, ptr %v72, i64 64
  %v77 = load <8 x float>, ptr %v76, align 64
  %v78 = mul i64 %v70, 4
  %v79 = getelementptr i8, ptr %left, i64 %v78
  %v80 = load float, ptr %v79, align 4
  %v81 = insertelement <8 x float> poison, float %v80, i64 0
  %v82 = shufflevector <8 x float> %v81, <8 x float> poison, <8 x i32> zeroinitializer
  %v83 = load <8 x float>, ptr %s1, align 64
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v82, <8 x float> %v73, <8 x float> %v83)
  store <8 x float> %v84, ptr %s1, align 64
  %v85 = load <8 x float>, ptr %s2, align 64
  %v86 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v82, <8 x float> %v75, <8 x float> %v85)
  store <8 x float> %v86, ptr %s2, align 64
  %v87 = load <8 x float>, ptr %s3, align 64
  %v88 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v82, <8 x float> %v77, <8 x float> %v87)
  store <8 x float> %v88, ptr %s3, align 64
  %v89 = getelementptr i8, ptr %v79, i64 128
  %v90 = load float, ptr %v89, align 4
  %v91 = insertelement <8 x float> poison, float %v90, i64 0
  %v92 = shufflevector <8 x float> %v91, <8 x float> poison, <8 x i32> zeroinitializer
  %v93 = load <8 x float>, ptr %s4, align 64
  %v94 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v92, <8 x float> %v73, <8 x float> %v93)
  store <8 x float> %v94, ptr %s4, align 64
  %v95 = load <8 x float>, ptr %s5, align 64
  %v96 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v92, <8 x float> %v75, <8 x float> %v95)
  store <8 x float> %v96, ptr %s5, align 64
  %v97 = load <8 x float>, ptr %s6, align 64
  %v98 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v92, <8 x float> %v77, <8 x float> %v97)
  store <8 x float> %v98, ptr %s6, align 64
  %v99 = add i64 %v10, 3
  %v100 = mul i64 %v99, 96
  %v101 = getelementptr i8, ptr %weights, i64 %v100
  %v102 = load <8 x float>, ptr %v101, align 64
  %v103 = getelementptr i8, ptr %v101, i64 32
  %v104 = load <8 x float>, ptr %v103, align 64
  %v105 = getelementptr i8, ptr %v101, i64 64
  %v106 = load <8 x float>, ptr %v105, align 64
  %v107 = mul i64 %v99, 4
  %v108 = getelementptr i8, ptr %left, i64 %v107
  %v109 = load float, ptr %v108, align 4
  %v110 = insertelement <8 x float> poison, float %v109, i64 0
  %v111 = shufflevector <8 x float> %v110, <8 x float> poison, <8 x i32> zeroinitializer
  %v112 = load <8 x float>, ptr %s1, align 64
  %v113 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v111, <8 x float> %v102, <8 x float> %v112)
  store <8 x float> %v113, ptr %s1, align 64
  %v114 = load <8 x float>, ptr %s2, align 64
  %v115 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v111, <8 x float> %v104, <8 x float> %v114)
  store <8 x float> %v115, ptr %s2, align 64
  %v116 = load <8 x float>, ptr %s3, align 64
  %v117 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v111, <8 x float> %v106, <8 x float> %v116)
  store <8 x float> %v117, ptr %s3, align 64
  %v118 = getelementptr i8, ptr %v108, i64 128
  %v119 = load float, ptr %v118, align 4
  %v120 = insertelement <8 x float> poison, float %v119, i64 0
  %v121 = shufflevector <8 x float> %v120, <8 x float> poison, <8 x i32> zeroinitializer
  %v122 = load <8 x float>, ptr %s4, align 64
  %v123 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v121, <8 x float> %v102, <8 x float> %v122)
  store <8 x float> %v123, ptr %s4, align 64
  %v124 = load <8 x float>, ptr %s5, align 64
  %v125 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v121, <8 x float> %v104, <8 x float> %v124)
  store <8 x float> %v125, ptr %s5, align 64
  %v126 = load <8 x float>, ptr %s6, align 64
  %v127 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v121, <8 x float> %v106, <8 x float> %v126)
  store <8 x float> %v127, ptr %s6, align 64
  %v128 = add i64 %v10, 4
  store i64 %v128, ptr %s9, align 8
  br label %loop8.head
loop8.end:
  store i64 %v7, ptr %s130, align 8
  br label %loop129.head
loop129.head:
  %v131 = load i64, ptr %s130, align 8
  %v132 = icmp slt i64 %v131, %depth
  br i1 %v132, label %loop129.body, label %loop129.end
loop129.body:
  %v133 = mul i64 %v131, 96
  %v134 = getelementptr i8, ptr %weights, i64 %v133
  %v135 = load <8 x float>, ptr %v134, align 64
  %v136 = getelementptr i8, ptr %v134, i64 32
  %v137 = load <8 x float>, ptr %v136, align 64
  %v138 = getelementptr i8, ptr %v134, i64 64
  %v139 = load <8 x float>, ptr %v138, align 64
  %v140 = mul i64 %v131, 4
  %v141 = getelementptr i8, ptr %left, i64 %v140
  %v142 = load float, ptr %v141, align 4
  %v143 = insertelement <8 x float> poison, float %v142, i64 0
  %v144 = shufflevector <8 x float> %v143, <8 x float> poison, <8 x i32> zeroinitializer
  %v145 = load <8 x float>, ptr %s1, align 64
  %v146 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v144, <8 x float> %v135, <8 x float> %v145)
  store <8 x float> %v146, ptr %s1, align 64
  %v147 = load <8 x float>, ptr %s2, align 64
  %v148 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v144, <8 x float> %v137, <8 x float> %v147)
  store <8 x float> %v148, ptr %s2, align 64
  %v149 = load <8 x float>, ptr %s3, align 64
  %v150 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v144, <8 x float> %v139, <8 x float> %v149)
  store <8 x float> %v150, ptr %s3, align 64
  %v151 = getelementptr i8, ptr %v141, i64 128
  %v152 = load float, ptr %v151, align 4
  %v153 = insertelement <8 x float> poison, float %v152, i64 0
  %v154 = shufflevector <8 x float> %v153, <8 x float> poison, <8 x i32> zeroinitializer
  %v155 = load <8 x float>, ptr %s4, align 64
  %v156 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v154, <8 x float> %v135, <8 x float> %v155)
  store <8 x float> %v156, ptr %s4, align 64
  %v157 = load <8 x float>, ptr %s5, align 64
  %v158 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v154, <8 x float> %v137, <8 x float> %v157)
  store <8 x float> %v158, ptr %s5, align 64
  %v159 = load <8 x float>, ptr %s6, align 64
  %v160 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v154, <8 x float> %v139, <8 x float> %v159)
  store <8 x float> %v160, ptr %s6, align 64
  %v161 = add i64 %v131, 1
  store i64 %v161, ptr %s130, align 8
  br label %loop129.head
loop129.end:
  br i1 %begins, label %if162.then, label %if162.end
if162.then:
  %v163 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v163, ptr %place, align 64
  %v164 = getelementptr i8, ptr %place, i64 32
  %v165 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v165, ptr %v164, align 64
  %v166 = getelementptr i8, ptr %place, i64 64
  %v167 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v167, ptr %v166, align 64
  %v168 = getelementptr i8, ptr %place, i64 96
  %v169 = load <8 x float>, ptr %s4, align 64
  store <8 x float> %v169, ptr %v168, align 64
  %v170 = getelementptr i8, ptr %place, i64 128
  %v171 = load <8 x float>, ptr %s5, align 64
  store <8 x float> %v171, ptr %v170, align 64
  %v172 = getelementptr i8, ptr %place, i64 160
  %v173 = load <8 x float>, ptr %s6, align 64
  store <8 x float> %v173, ptr %v172, align 64
  br label %if162.end
if162.end:
  %v174 = xor i1 %begins, true
  br i1 %v174, label %if175.then, label %if175.end
if175.then:
  %v176 = load <8 x float>, ptr %s1, align 64
  %v177 = load <8 x float>, ptr %place, align 64
  %v178 = fadd <8 x float> %v176, %v177
  store <8 x float> %v178, ptr %place, align 64
  %v179 = getelementptr i8, ptr %place, i64 32
  %v180 = load <8 x float>, ptr %s2, align 64
  %v181 = load <8 x float>, ptr %v179, align 64
  %v182 = fadd <8 x float> %v180, %v181
  store <8 x float> %v182, ptr %v179, align 64
  %v183 = getelementptr i8, ptr %place, i64 64
  %v184 = load <8 x float>, ptr %s3, align 64
  %v185 = load <8 x float>, ptr %v183, align 64
  %v186 = fadd <8 x float> %v184, %v185
  store <8 x float> %v186, ptr %v183, align 64
  %v187 = getelementptr i8, ptr %place, i64 96
  %v188 = load <8 x float>, ptr %s4, align 64
  %v189 = load <8 x float>, ptr %v187, align 64
  %v190 = fadd <8 x float> %v188, %v189
  store <8 x float> %v190, ptr %v187, align 64
  %v191 = getelementptr i8, ptr %place, i64 128
  %v192 = load <8 x float>, ptr %s5, align 64
  %v193 = load <8 x float>, ptr %v191, align 64
  %v194 = fadd <8 x float> %v192, %v193
  store <8 x float> %v194, ptr %v191, align 64
  %v195 = getelementptr i8, ptr %place, i64 160
  %v196 = load <8 x float>, ptr %s6, align 64
  %v197 = load <8 x float>, ptr %v195, align 64
  %v198 = fadd <8 x float> %v196, %v197
  store <8 x float> %v198, ptr %v195, align 64
  br label %if175.end
if175.end:
  ret void
}

define internal void @phase0.width20.product3x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s4 = alloca <8 x float>, i64 1, align 64
  %s5 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca <8 x float>, i64 1, align 64
  %s7 = alloca <8 x float>, i64 1, align 64
  %s8 = alloca <8 x float>, i64 1, align 64
  %s9 = alloca <8 x float>, i64 1, align 64
  %s12 = alloca i64, i64 1, align 64
  %s173 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s4, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s5, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s6, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s7, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s8, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s9, align 8
  %v10 = and i64 %depth, -4
  store i64 0, ptr %s12, align 8
  br label %loop11.head
loop11.head:
  %v13 = load i64, ptr %s12, align 8
  %v14 = icmp slt i64 %v13, %v10
  br i1 %v14, label %loop11.body, label %loop11.end
loop11.body:
  %v15 = add i64 %v13, 0
  %v16 = mul i64 %v15, 96
  %v17 = getelementptr i8, ptr %weights, i64 %v16
  %v18 = load <8 x float>, ptr %v17, align 64
  %v19 = getelementptr i8, ptr %v17, i64 32
  %v20 = load <8 x float>, ptr %v19, align 64
  %v21 = getelementptr i8, ptr %v17, i64 64
  %v22 = load <8 x float>, ptr %v21, align 64
  %v23 = mul i64 %v15, 4
  %v24 = getelementptr i8, ptr %left, i64 %v23
  %v25 = load float, ptr %v24, align 4
  %v26 = insertelement <8 x float> poison, float %v25, i64 0
  %v27 = shufflevector <8 x float> %v26, <8 x float> poison, <8 x i32> zeroinitializer
  %v28 = load <8 x float>, ptr %s1, align 64
  %v29 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v27, <8 x float> %v18, <8 x float> %v28)
  store <8 x float> %v29, ptr %s1, align 64
  %v30 = load <8 x float>, ptr %s2, align 64
  %v31 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v27, <8 x float> %v20, <8 x float> %v30)
  store <8 x float> %v31, ptr %s2, align 64
  %v32 = load <8 x float>, ptr %s3, align 64
  %v33 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v27, <8 x float> %v22, <8 x float> %v32)
  store <8 x float> %v33, ptr %s3, align 64
  %v34 = getelementptr i8, ptr %v24, i64 128
  %v35 = load float, ptr %v34, align 4
  %v36 = insertelement <8 x float> poison, float %v35, i64 0
  %v37 = shufflevector <8 x float> %v36, <8 x float> poison, <8 x i32> zeroinitializer
  %v38 = load <8 x float>, ptr %s4, align 64
  %v39 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v37, <8 x float> %v18, <8 x float> %v38)
  store <8 x float> %v39, ptr %s4, align 64
  %v40 = load <8 x float>, ptr %s5, align 64
  %v41 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v37, <8 x float> %v20, <8 x float> %v40)
  store <8 x float> %v41, ptr %s5, align 64
  %v42 = load <8 x float>, ptr %s6, align 64
  %v43 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v37, <8 x float> %v22, <8 x float> %v42)
  store <8 x float> %v43, ptr %s6, align 64
  %v44 = getelementptr i8, ptr %v24, i64 256
  %v45 = load float, ptr %v44, align 4
  %v46 = insertelement <8 x float> poison, float %v45, i64 0
  %v47 = shufflevector <8 x float> %v46, <8 x float> poison, <8 x i32> zeroinitializer
  %v48 = load <8 x float>, ptr %s7, align 64
  %v49 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v18, <8 x float> %v48)
  store <8 x float> %v49, ptr %s7, align 64
  %v50 = load <8 x float>, ptr %s8, align 64
  %v51 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v20, <8 x float> %v50)
  store <8 x float> %v51, ptr %s8, align 64
  %v52 = load <8 x float>, ptr %s9, align 64
  %v53 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v22, <8 x float> %v52)
  store <8 x float> %v53, ptr %s9, align 64
  %v54 = add i64 %v13, 1
  %v55 = mul i64 %v54, 96
  %v56 = getelementptr i8, ptr %weights, i64 %v55
  %v57 = load <8 x float>, ptr %v56, align 64
  %v58 = getelementptr i8, ptr %v56, i64 32
  %v59 = load <8 x float>, ptr %v58, align 64
  %v60 = getelementptr i8, ptr %v56, i64 64
  %v61 = load <8 x float>, ptr %v60, align 64
  %v62 = mul i64 %v54, 4
  %v63 = getelementptr i8, ptr %left, i64 %v62
  %v64 = load float, ptr %v63, align 4
  %v65 = insertelement <8 x float> poison, float %v64, i64 0
  %v66 = shufflevector <8 x float> %v65, <8 x float> poison, <8 x i32> zeroinitializer
  %v67 = load <8 x float>, ptr %s1, align 64
  %v68 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v66, <8 x float> %v57, <8 x float> %v67)
  store <8 x float> %v68, ptr %s1, align 64
  %v69 = load <8 x float>, ptr %s2, align 64
  %v70 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v66, <8 x float> %v59, <8 x float> %v69)
  store <8 x float> %v70, ptr %s2, align 64
  %v71 = load <8 x float>, ptr %s3, align 64
  %v72 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v66, <8 x float> %v61, <8 x float> %v71)
  store <8 x float> %v72, ptr %s3, align 64
  %v73 = getelementptr i8, ptr %v63, i64 128
  %v74 = load float, ptr %v73, align 4
  %v75 = insertelement <8 x float> poison, float %v74, i64 0
  %v76 = shufflevector <8 x float> %v75, <8 x float> poison, <8 x i32> zeroinitializer
  %v77 = load <8 x float>, ptr %s4, align 64
  %v78 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v76, <8 x float> %v57, <8 x float> %v77)
  store <8 x float> %v78, ptr %s4, align 64
  %v79 = load <8 x float>, ptr %s5, align 64
  %v80 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v76, <8 x float> %v59, <8 x float> %v79)
  store <8 x float> %v80, ptr %s5, align 64
  %v81 = load <8 x float>, ptr %s6, align 64
  %v82 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v76, <8 x float> %v61, <8 x float> %v81)
  store <8 x float> %v82, ptr %s6, align 64
  %v83 = getelementptr i8, ptr %v63, i64 256
  %v84 = load float, ptr %v83, align 4
  %v85 = insertelement <8 x float> poison, float %v84, i64 0
  %v86 = shufflevector <8 x float> %v85, <8 x float> poison, <8 x i32> zeroinitializer
  %v87 = load <8 x float>, ptr %s7, align 64
  %v88 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v86, <8 x float> %v57, <8 x float> %v87)
  store <8 x float> %v88, ptr %s7, align 64
  %v89 = load <8 x float>, ptr %s8, align 64
  %v90 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v86, <8 x float> %v59, <8 x float> %v89)
  store <8 x float> %v90, ptr %s8, align 64
  %v91 = load <8 x float>, ptr %s9, align 64
  %v92 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v86, <8 x float> %v61, <8 x float> %v91)
  store <8 x float> %v92, ptr %s9, align 64
  %v93 = add i64 %v13, 2
  %v94 = mul i64 %v93, 96
  %v95 = getelementptr i8, ptr %weights, i64 %v94
  %v96 = load <8 x float>, ptr %v95, align 64
  %v97 = getelementptr i8, ptr %v95, i64 32
  %v98 = load <8 x float>, ptr %v97, align 64
  %v99 = getelementptr i8, ptr %v95, i64 64
  %v100 = load <8 x float>, ptr %v99, align 64
  %v101 = mul i64 %v93, 4
  %v102 = getelementptr i8, ptr %left, i64 %v101
  %v103 = load float, ptr %v102, align 4
  %v104 = insertelement <8 x float> poison, float %v103, i64 0
  %v105 = shufflevector <8 x float> %v104, <8 x float> poison, <8 x i32> zeroinitializer
  %v106 = load <8 x float>, ptr %s1, align 64
  %v107 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v105, <8 x float> %v96, <8 x float> %v106)
  store <8 x float> %v107, ptr %s1, align 64
  %v108 = load <8 x float>, ptr %s2, align 64
  %v109 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v105, <8 x float> %v98, <8 x float> %v108)
  store <8 x float> %v109, ptr %s2, align 64
  %v110 = load <8 x float>, ptr %s3, align 64
  %v111 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v105, <8 x float> %v100, <8 x float> %v110)
  store <8 x float> %v111, ptr %s3, align 64
  %v112 = getelementptr i8, ptr %v102, i64 128
  %v113 = load float, ptr %v112, align 4
  %v114 = insertelement <8 x float> poison, float %v113, i64 0
  %v115 = shufflevector <8 x float> %v114, <8 x float> poison, <8 x i32> zeroinitializer
  %v116 = load <8 x float>, ptr %s4, align 64
  %v117 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v115, <8 x float> %v96, <8 x float> %v116)
  store <8 x float> %v117, ptr %s4, align 64
  %v118 = load <8 x float>, ptr %s5, align 64
  %v119 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v115, <8 x float> %v98, <8 x float> %v118)
  store <8 x float> %v119, ptr %s5, align 64
  %v120 = load <8 x float>, ptr %s6, align 64
  %v121 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v115, <8 x float> %v100, <8 x float> %v120)
  store <8 x float> %v121, ptr %s6, align 64
  %v122 = getelementptr i8, ptr %v102, i64 256
  %v123 = load float, ptr %v122, align 4
  %v124 = insertelement <8 x float> poison, float %v123, i64 0
  %v125 = shufflevector <8 x float> %v124, <8 x float> poison, <8 x i32> zeroinitializer
  %v126 = load <8 x float>, ptr %s7, align 64
  %v127 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v125, <8 x float> %v96, <8 x float> %v126)
  store <8 x float> %v127, ptr %s7, align 64
  %v128 = load <8 x float>, ptr %s8, align 64
  %v129 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v125, <8 x float> %v98, <8 x float> %v128)
  store <8 x float> %v129, ptr %s8, align 64
  %v130 = load <8 x float>, ptr %s9, align 64
  %v131 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v125, <8 x float> %v100, <8 x float> %v130)
  store <8 x float> %v131, ptr %s9, align 64
  %v132 = add i64 %v13, 3
  %v133 = mul i64 %v132, 96
  %v134 = getelementptr i8, ptr %weights, i64 %v133
  %v135 = load <8 x float>, ptr %v134, align 64
  %v136 = getelementptr i8, ptr %v134, i64 32
  %v137 = load <8 x float>, ptr %v136, align 64
  %v138 = getelementptr i8, ptr %v134, i64 64
  %v139 = load <8 x float>, ptr %v138, align 64
  %v140 = mul i64 %v132, 4
  %v141 = getelementptr i8, ptr %left, i64 %v140
  %v142 = load float, ptr %v141, align 4
  %v143 = insertelement <8 x float> poison, float %v142, i64 0
  %v144 = shufflevector <8 x float> %v143, <8 x float> poison, <8 x i32> zeroinitializer
  %v145 = load <8 x float>, ptr %s1, align 64
  %v146 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v144, <8 x float> %v135, <8 x float> %v145)
  store <8 x float> %v146, ptr %s1, align 64
  %v147 = load <8 x float>, ptr %s2, align 64
  %v148 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v144, <8 x float> %v137, <8 x float> %v147)
  store <8 x float> %v148, ptr %s2, align 64
  %v149 = load <8 x float>, ptr %s3, align 64
  %v150 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v144, <8 x float> %v139, <8 x float> %v149)
  store <8 x float> %v150, ptr %s3, align 64
  %v151 = getelementptr i8, ptr %v141, i64 128
  %v152 = load float, ptr %v151, align 4
  %v153 = insertelement <8 x float> poison, float %v152, i64 0
  %v154 = shufflevector <8 x float> %v153, <8 x float> poison, <8 x i32> zeroinitializer
  %v155 = load <8 x float>, ptr %s4, align 64
  %v156 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v154, <8 x float> %v135, <8 x float> %v155)
  store <8 x float> %v156, ptr %s4, align 64
  %v157 = load <8 x float>, ptr %s5, align 64
  %v158 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v154, <8 x float> %v137, <8 x float> %v157)
  store <8 x float> %v158, ptr %s5, align 64
  %v159 = load <8 x float>, ptr %s6, align 64
  %v160 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v154, <8 x float> %v139, <8 x float> %v159)
  store <8 x float> %v160, ptr %s6, align 64
  %v161 = getelementptr i8, ptr %v141, i64 256
  %v162 = load float, ptr %v161, align 4
  %v163 = insertelement <8 x float> poison, float %v162, i64 0
  %v164 = shufflevector <8 x float> %v163, <8 x float> poison, <8 x i32> zeroinitializer
  %v165 = load <8 x float>, ptr %s7, align 64
  %v166 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v164, <8 x float> %v135, <8 x float> %v165)
  store <8 x float> %v166, ptr %s7, align 64
  %v167 = load <8 x float>, ptr %s8, align 64
  %v168 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v164, <8 x float> %v137, <8 x float> %v167)
  store <8 x float> %v168, ptr %s8, align 64
  %v169 = load <8 x float>, ptr %s9, align 64
  %v170 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v164, <8 x float> %v139, <8 x float> %v169)
  store <8 x float> %v170, ptr %s9, align 64
  %v171 = add i64 %v13, 4
  store i64 %v171, ptr %s12, align 8
  br label %loop11.head
loop11.end:
  store i64 %v10, ptr %s173, align 8
  br label %loop172.head
loop172.head:
  %v174 = load i64, ptr %s173, align 8
  %v175 = icmp slt i64 %v174, %depth
  br i1 %v175, label %loop172.body, label %loop172.end
loop172.body:
  %v176 = mul i64 %v174, 96
  %v177 = getelementptr i8, ptr %weights, i64 %v176
  %v178 = load <8 x float>, ptr %v177, align 64
  %v179 = getelementptr i8, ptr %v177, i64 32
  %v180 = load <8 x float>, ptr %v179, align 64
  %v181 = getelementptr i8, ptr %v177, i64 64
  %v182 = load <8 x float>, ptr %v181, align 64
  %v183 = mul i64 %v174, 4
  %v184 = getelementptr i8, ptr %left, i64 %v183
  %v185 = load float, ptr %v184, align 4
  %v186 = insertelement <8 x float> poison, float %v185, i64 0
  %v187 = shufflevector <8 x float> %v186, <8 x float> poison, <8 x i32> zeroinitializer
  %v188 = load <8 x float>, ptr %s1, align 64
  %v189 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v187, <8 x float> %v178, <8 x float> %v188)
  store <8 x float> %v189, ptr %s1, align 64
  %v190 = load <8 x float>, ptr %s2, align 64
  %v191 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v187, <8 x float> %v180, <8 x float> %v190)
  store <8 x float> %v191, ptr %s2, align 64
  %v192 = load <8 x float>, ptr %s3, align 64
  %v193 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v187, <8 x float> %v182, <8 x float> %v192)
  store <8 x float> %v193, ptr %s3, align 64
  %v194 = getelementptr i8, ptr %v184, i64 128
  %v195 = load float, ptr %v194, align 4
  %v196 = insertelement <8 x float> poison, float %v195, i64 0
  %v197 = shufflevector <8 x float> %v196, <8 x float> poison, <8 x i32> zeroinitializer
  %v198 = load <8 x float>, ptr %s4, align 64
  %v199 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v197, <8 x float> %v178, <8 x float> %v198)
  store <8 x float> %v199, ptr %s4, align 64
  %v200 = load <8 x float>, ptr %s5, align 64
  %v201 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v197, <8 x float> %v180, <8 x float> %v200)
  store <8 x float> %v201, ptr %s5, align 64
  %v202 = load <8 x float>, ptr %s6, align 64
  %v203 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v197, <8 x float> %v182, <8 x float> %v202)
  store <8 x float> %v203, ptr %s6, align 64
  %v204 = getelementptr i8, ptr %v184, i64 256
  %v205 = load float, ptr %v204, align 4
  %v206 = insertelement <8 x float> poison, float %v205, i64 0
  %v207 = shufflevector <8 x float> %v206, <8 x float> poison, <8 x i32> zeroinitializer
  %v208 = load <8 x float>, ptr %s7, align 64
  %v209 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v178, <8 x float> %v208)
  store <8 x float> %v209, ptr %s7, align 64
  %v210 = load <8 x float>, ptr %s8, align 64
  %v211 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v180, <8 x float> %v210)
  store <8 x float> %v211, ptr %s8, align 64
  %v212 = load <8 x float>, ptr %s9, align 64
  %v213 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v182, <8 x float> %v212)
  store <8 x float> %v213, ptr %s9, align 64
  %v214 = add i64 %v174, 1
  store i64 %v214, ptr %s173, align 8
  br label %loop172.head
loop172.end:
  br i1 %begins, label %if215.then, label %if215.end
if215.then:
  %v216 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v216, ptr %place, align 64
  %v217 = getelementptr i8, ptr %place, i64 32
  %v218 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v218, ptr %v217, align 64
  %v219 = getelementptr i8, ptr %place, i64 64
  %v220 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v220, ptr %v219, align 64
  %v221 = getelementptr i8, ptr %place, i64 96
  %v222 = load <8 x float>, ptr %s4, align 64
  store <8 x float> %v222, ptr %v221, align 64
  %v223 = getelementptr i8, ptr %place, i64 128
  %v224 = load <8 x float>, ptr %s5, align 64
  store <8 x float> %v224, ptr %v223, align 64
  %v225 = getelementptr i8, ptr %place, i64 160
  %v226 = load <8 x float>, ptr %s6, align 64
  store <8 x float> %v226, ptr %v225, align 64
  %v227 = getelementptr i8, ptr %place, i64 192
  %v228 = load <8 x float>, ptr %s7, align 64
  store <8 x float> %v228, ptr %v227, align 64
  %v229 = getelementptr i8, ptr %place, i64 224
  %v230 = load <8 x float>, ptr %s8, align 64
  store <8 x float> %v230, ptr %v229, align 64
  %v231 = getelementptr i8, ptr %place, i64 256
  %v232 = load <8 x float>, ptr %s9, align 64
  store <8 x float> %v232, ptr %v231, align 64
  br label %if215.end
if215.end:
  %v233 = xor i1 %begins, true
  br i1 %v233, label %if234.then, label %if234.end
if234.then:
  %v235 = load <8 x float>, ptr %s1, align 64
  %v236 = load <8 x float>, ptr %place, align 64
  %v237 = fadd <8 x float> %v235, %v236
  store <8 x float> %v237, ptr %place, align 64
  %v238 = getelementptr i8, ptr %place, i64 32
  %v239 = load <8 x float>, ptr %s2, align 64
  %v240 = load <8 x float>, ptr %v238, align 64
  %v241 = fadd <8 x float> %v239, %v240
  store <8 x float> %v241, ptr %v238, align 64
  %v242 = getelementptr i8, ptr %place, i64 64
  %v243 = load <8 x float>, ptr %s3, align 64
  %v244 = load <8 x float>, ptr %v242, align 64
  %v245 = fadd <8 x float> %v243, %v244
  store <8 x float> %v245, ptr %v242, align 64
  %v246 = getelementptr i8, ptr %place, i64 96
  %v247 = load <8 x float>, ptr %s4, align 64
  %v248 = load <8 x float>, ptr %v246, align 64
  %v249 = fadd <8 x float> %v247, %v248
  store <8 x float> %v249, ptr %v246, align 64
  %v250 = getelementptr i8, ptr %place, i64 128
  %v251 = load <8 x float>, ptr %s5, align 64
  %v252 = load <8 x float>, ptr %v250, align 64
  %v253 = fadd <8 x float> %v251, %v252
  store <8 x float> %v253, ptr %v250, align 64
  %v254 = getelementptr i8, ptr %place, i64 160
  %v255 = load <8 x float>, ptr %s6, align 64
  %v256 = load <8 x float>, ptr %v254, align 64
  %v257 = fadd <8 x float> %v255, %v256
  store <8 x float> %v257, ptr %v254, align 64
  %v258 = getelementptr i8, ptr %place, i64 192
  %v259 = load <8 x float>, ptr %s7, align 64
  %v260 = load <8 x float>, ptr %v258, align 64
  %v261 = fadd <8 x float> %v259, %v260
  store <8 x float> %v261, ptr %v258, align 64
  %v262 = getelementptr i8, ptr %place, i64 224
  %v263 = load <8 x float>, ptr %s8, align 64
  %v264 = load <8 x float>, ptr %v262, align 64
  %v265 = fadd <8 x float> %v263, %v264
  store <8 x float> %v265, ptr %v262, align 64
  %v266 = getelementptr i8, ptr %place, i64 256
  %v267 = load <8 x float>, ptr %s9, align 64
  %v268 = load <8 x float>, ptr %v266, align 64
  %v269 = fadd <8 x float> %v267, %v268
  store <8 x float> %v269, ptr %v266, align 64
  br label %if234.end
if234.end:
  ret void
}

define internal void @phase0.width20.product4x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s4 = alloca <8 x float>, i64 1, align 64
  %s5 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca <8 x float>, i64 1, align 64
  %s7 = alloca <8 x float>, i64 1, align 64
  %s8 = alloca <8 x float>, i64 1, align 64
  %s9 = alloca <8 x float>, i64 1, align 64
  %s10 = alloca <8 x float>, i64 1, align 64
  %s11 = alloca <8 x float>, i64 1, align 64
  %s12 = alloca <8 x float>, i64 1, align 64
  %s15 = alloca i64, i64 1, align 64
  %s216 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s4, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s5, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s6, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s7, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s8, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s9, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s10, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s11, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s12, align 8
  %v13 = and i64 %depth, -4
  store i64 0, ptr %s15, align 8
  br label %loop14.head
loop14.head:
  %v16 = load i64, ptr %s15, align 8
  %v17 = icmp slt i64 %v16, %v13
  br i1 %v17, label %loop14.body, label %loop14.end
loop14.body:
  %v18 = add i64 %v16, 0
  %v19 = mul i64 %v18, 96
  %v20 = getelementptr i8, ptr %weights, i64 %v19
  %v21 = load <8 x float>, ptr %v20, align 64
  %v22 = getelementptr i8, ptr %v20, i64 32
  %v23 = load <8 x float>, ptr %v22, align 64
  %v24 = getelementptr i8, ptr %v20, i64 64
  %v25 = load <8 x float>, ptr %v24, align 64
  %v26 = mul i64 %v18, 4
  %v27 = getelementptr i8, ptr %left, i64 %v26
  %v28 = load float, ptr %v27, align 4
  %v29 = insertelement <8 x float> poison, float %v28, i64 0
  %v30 = shufflevector <8 x float> %v29, <8 x float> poison, <8 x i32> zeroinitializer
  %v31 = load <8 x float>, ptr %s1, align 64
  %v32 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v30, <8 x float> %v21, <8 x float> %v31)
  store <8 x float> %v32, ptr %s1, align 64
  %v33 = load <8 x float>, ptr %s2, align 64
  %v34 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v30, <8 x float> %v23, <8 x float> %v33)
  store <8 x float> %v34, ptr %s2, align 64
  %v35 = load <8 x float>, ptr %s3, align 64
  %v36 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v30, <8 x float> %v25, <8 x float> %v35)
  store <8 x float> %v36, ptr %s3, align 64
  %v37 = getelementptr i8, ptr %v27, i64 128
  %v38 = load float, ptr %v37, align 4
  %v39 = insertelement <8 x float> poison, float %v38, i64 0
  %v40 = shufflevector <8 x float> %v39, <8 x float> poison, <8 x i32> zeroinitializer
  %v41 = load <8 x float>, ptr %s4, align 64
  %v42 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v21, <8 x float> %v41)
  store <8 x float> %v42, ptr %s4, align 64
  %v43 = load <8 x float>, ptr %s5, align 64
  %v44 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v23, <8 x float> %v43)
  store <8 x float> %v44, ptr %s5, align 64
  %v45 = load <8 x float>, ptr %s6, align 64
  %v46 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v25, <8 x float> %v45)
  store <8 x float> %v46, ptr %s6, align 64
  %v47 = getelementptr i8, ptr %v27, i64 256
  %v48 = load float, ptr %v47, align 4
  %v49 = insertelement <8 x float> poison, float %v48, i64 0
  %v50 = shufflevector <8 x float> %v49, <8 x float> poison, <8 x i32> zeroinitializer
  %v51 = load <8 x float>, ptr %s7, align 64
  %v52 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v50, <8 x float> %v21, <8 x float> %v51)
  store <8 x float> %v52, ptr %s7, align 64
  %v53 = load <8 x float>, ptr %s8, align 64
  %v54 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v50, <8 x float> %v23, <8 x float> %v53)
  store <8 x float> %v54, ptr %s8, align 64
  %v55 = load <8 x float>, ptr %s9, align 64
  %v56 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v50, <8 x float> %v25, <8 x float> %v55)
  store <8 x float> %v56, ptr %s9, align 64
  %v57 = getelementptr i8, ptr %v27, i64 384
  %v58 = load float, ptr %v57, align 4
  %v59 = insertelement <8 x float> poison, float %v58, i64 0
  %v60 = shufflevector <8 x float> %v59, <8 x float> poison, <8 x i32> zeroinitializer
  %v61 = load <8 x float>, ptr %s10, align 64
  %v62 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v21, <8 x float> %v61)
  store <8 x float> %v62, ptr %s10, align 64
  %v63 = load <8 x float>, ptr %s11, align 64
  %v64 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v23, <8 x float> %v63)
  store <8 x float> %v64, ptr %s11, align 64
  %v65 = load <8 x float>, ptr %s12, align 64
  %v66 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v25, <8 x float> %v65)
  store <8 x float> %v66, ptr %s12, align 64
  %v67 = add i64 %v16, 1
  %v68 = mul i64 %v67, 96
  %v69 = getelementptr i8, ptr %weights, i64 %v68
  %v70 = load <8 x float>, ptr %v69, align 64
  %v71 = getelementptr i8, ptr %v69, i64 32
  %v72 = load <8 x float>, ptr %v71, align 64
  %v73 = getelementptr i8, ptr %v69, i64 64
  %v74 = load <8 x float>, ptr %v73, align 64
  %v75 = mul i64 %v67, 4
  %v76 = getelementptr i8, ptr %left, i64 %v75
  %v77 = load float, ptr %v76, align 4
  %v78 = insertelement <8 x float> poison, float %v77, i64 0
  %v79 = shufflevector <8 x float> %v78, <8 x float> poison, <8 x i32> zeroinitializer
  %v80 = load <8 x float>, ptr %s1, align 64
  %v81 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v79, <8 x float> %v70, <8 x float> %v80)
  store <8 x float> %v81, ptr %s1, align 64
  %v82 = load <8 x float>, ptr %s2, align 64
  %v83 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v79, <8 x float> %v72, <8 x float> %v82)
  store <8 x float> %v83, ptr %s2, align 64
  %v84 = load <8 x float>, ptr %s3, align 64
  %v85 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v79, <8 x float> %v74, <8 x float> %v84)
  store <8 x float> %v85, ptr %s3, align 64
  %v86 = getelementptr i8, ptr %v76, i64 128
  %v87 = load float, ptr %v86, align 4
  %v88 = insertelement <8 x float> poison, float %v87, i64 0
  %v89 = shufflevector <8 x float> %v88, <8 x float> poison, <8 x i32> zeroinitializer
  %v90 = load <8 x float>, ptr %s4, align 64
  %v91 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v89, <8 x float> %v70, <8 x float> %v90)
  store <8 x float> %v91, ptr %s4, align 64
  %v92 = load <8 x float>, ptr %s5, align 64
  %v93 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v89, <8 x float> %v72, <8 x float> %v92)
  store <8 x float> %v93, ptr %s5, align 64
  %v94 = load <8 x float>, ptr %s6, align 64
  %v95 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v89, <8 x float> %v74, <8 x float> %v94)
  store <8 x float> %v95, ptr %s6, align 64
  %v96 = getelementptr i8, ptr %v76, i64 256
  %v97 = load float, ptr %v96, align 4
  %v98 = insertelement <8 x float> poison, float %v97, i64 0
  %v99 = shufflevector <8 x float> %v98, <8 x float> poison, <8 x i32> zeroinitializer
  %v100 = load <8 x float>, ptr %s7, align 64
  %v101 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v99, <8 x float> %v70, <8 x float> %v100)
  store <8 x float> %v101, ptr %s7, align 64
  %v102 = load <8 x float>, ptr %s8, align 64
  %v103 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v99, <8 x float> %v72, <8 x float> %v102)
  store <8 x float> %v103, ptr %s8, align 64
  %v104 = load <8 x float>, ptr %s9, align 64
  %v105 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v99, <8 x float> %v74, <8 x float> %v104)
  store <8 x float> %v105, ptr %s9, align 64
  %v106 = getelementptr i8, ptr %v76, i64 384
  %v107 = load float, ptr %v106, align 4
  %v108 = insertelement <8 x float> poison, float %v107, i64 0
  %v109 = shufflevector <8 x float> %v108, <8 x float> poison, <8 x i32> zeroinitializer
  %v110 = load <8 x float>, ptr %s10, align 64
  %v111 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v109, <8 x float> %v70, <8 x float> %v110)
  store <8 x float> %v111, ptr %s10, align 64
  %v112 = load <8 x float>, ptr %s11, align 64
  %v113 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v109, <8 x float> %v72, <8 x float> %v112)
  store <8 x float> %v113, ptr %s11, align 64
  %v114 = load <8 x float>, ptr %s12, align 64
  %v115 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v109, <8 x float> %v74, <8 x float> %v114)
  store <8 x float> %v115, ptr %s12, align 64
  %v116 = add i64 %v16, 2
  %v117 = mul i64 %v116, 96
  %v118 = getelementptr i8, ptr %weights, i64 %v117
  %v119 = load <8 x float>, ptr %v118, align 64
  %v120 = getelementptr i8, ptr %v118, i64 32
  %v121 = load <8 x float>, ptr %v120, align 64
  %v122 = getelementptr i8, ptr %v118, i64 64
  %v123 = load <8 x float>, ptr %v122, align 64
  %v124 = mul i64 %v116, 4
  %v125 = getelementptr i8, ptr %left, i64 %v124
  %v126 = load float, ptr %v125, align 4
  %v127 = insertelement <8 x float> poison, float %v126, i64 0
  %v128 = shufflevector <8 x float> %v127, <8 x float> poison, <8 x i32> zeroinitializer
  %v129 = load <8 x float>, ptr %s1, align 64
  %v130 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v128, <8 x float> %v119, <8 x float> %v129)
  store <8 x float> %v130, ptr %s1, align 64
  %v131 = load <8 x float>, ptr %s2, align 64
  %v132 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v128, <8 x float> %v121, <8 x float> %v131)
  store <8 x float> %v132, ptr %s2, align 64
  %v133 = load <8 x float>, ptr %s3, align 64
  %v134 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v128, <8 x float> %v123, <8 x float> %v133)
  store <8 x float> %v134, ptr %s3, align 64
  %v135 = getelementptr i8, ptr %v125, i64 128
  %v136 = load float, ptr %v135, align 4
  %v137 = insertelement <8 x float> poison, float %v136, i64 0
  %v138 = shufflevector <8 x float> %v137, <8 x float> poison, <8 x i32> zeroinitializer
  %v139 = load <8 x float>, ptr %s4, align 64
  %v140 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v138, <8 x float> %v119, <8 x float> %v139)
  store <8 x float> %v140, ptr %s4, align 64
  %v141 = load <8 x float>, ptr %s5, align 64
  %v142 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v138, <8 x float> %v121, <8 x float> %v141)
  store <8 x float> %v142, ptr %s5, align 64
  %v143 = load <8 x float>, ptr %s6, align 64
  %v144 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v138, <8 x float> %v123, <8 x float> %v143)
  store <8 x float> %v144, ptr %s6, align 64
  %v145 = getelementptr i8, ptr %v125, i64 256
  %v146 = load float, ptr %v145, align 4
  %v147 = insertelement <8 x float> poison, float %v146, i64 0
  %v148 = shufflevector <8 x float> %v147, <8 x float> poison, <8 x i32> zeroinitializer
  %v149 = load <8 x float>, ptr %s7, align 64
  %v150 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v148, <8 x float> %v119, <8 x float> %v149)
  store <8 x float> %v150, ptr %s7, align 64
  %v151 = load <8 x float>, ptr %s8, align 64
  %v152 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v148, <8 x float> %v121, <8 x float> %v151)
  store <8 x float> %v152, ptr %s8, align 64
  %v153 = load <8 x float>, ptr %s9, align 64
  %v154 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v148, <8 x float> %v123, <8 x float> %v153)
  store <8 x float> %v154, ptr %s9, align 64
  %v155 = getelementptr i8, ptr %v125, i64 384
  %v156 = load float, ptr %v155, align 4
  %v157 = insertelement <8 x float> poison, float %v156, i64 0
  %v158 = shufflevector <8 x float> %v157, <8 x float> poison, <8 x i32> zeroinitializer
  %v159 = load <8 x float>, ptr %s10, align 64
  %v160 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v158, <8 x float> %v119, <8 x float> %v159)
  store <8 x float> %v160, ptr %s10, align 64
  %v161 = load <8 x float>, ptr %s11, align 64
  %v162 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v158, <8 x float> %v121, <8 x float> %v161)
  store <8 x float> %v162, ptr %s11, align 64
  %v163 = load <8 x float>, ptr %s12, align 64
  %v164 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v158, <8 x float> %v123, <8 x float> %v163)
  store <8 x float> %v164, ptr %s12, align 64
  %v165 = add i64 %v16, 3
  %v166 = mul i64 %v165, 96
  %v167 = getelementptr i8, ptr %weights, i64 %v166
  %v168 = load <8 x float>, ptr %v167, align 64
  %v169 = getelementptr i8, ptr %v167, i64 32
  %v170 = load <8 x float>, ptr %v169, align 64
  %v171 = getelementptr i8, ptr %v167, i64 64
  %v172 = load <8 x float>, ptr %v171, align 64
  %v173 = mul i64 %v165, 4
  %v174 = getelementptr i8, ptr %left, i64 %v173
  %v175 = load float, ptr %v174, align 4
  %v176 = insertelement <8 x float> poison, float %v175, i64 0
  %v177 = shufflevector <8 x float> %v176, <8 x float> poison, <8 x i32> zeroinitializer
  %v178 = load <8 x float>, ptr %s1, align 64
  %v179 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v177, <8 x float> %v168, <8 x float> %v178)
  store <8 x float> %v179, ptr %s1, align 64
  %v180 = load <8 x float>, ptr %s2, align 64
  %v181 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v177, <8 x float> %v170, <8 x float> %v180)
  store <8 x float> %v181, ptr %s2, align 64
  %v182 = load <8 x float>, ptr %s3, align 64
  %v183 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v177, <8 x float> %v172, <8 x float> %v182)
  store <8 x float> %v183, ptr %s3, align 64
  %v184 = getelementptr i8, ptr %v174, i64 128
  %v185 = load float, ptr %v184, align 4
  %v186 = insertelement <8 x float> poison, float %v185, i64 0
  %v187 = shufflevector <8 x float> %v186, <8 x float> poison, <8 x i32> zeroinitializer
  %v188 = load <8 x float>, ptr %s4, align 64
  %v189 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v187, <8 x float> %v168, <8 x float> %v188)
  store <8 x float> %v189, ptr %s4, align 64
  %v190 = load <8 x float>, ptr %s5, align 64
  %v191 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v187, <8 x float> %v170, <8 x float> %v190)
  store <8 x float> %v191, ptr %s5, align 64
  %v192 = load <8 x float>, ptr %s6, align 64
  %v193 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v187, <8 x float> %v172, <8 x float> %v192)
  store <8 x float> %v193, ptr %s6, align 64
  %v194 = getelementptr i8, ptr %v174, i64 256
  %v195 = load float, ptr %v194, align 4
  %v196 = insertelement <8 x float> poison, float %v195, i64 0
  %v197 = shufflevector <8 x float> %v196, <8 x float> poison, <8 x i32> zeroinitializer
  %v198 = load <8 x float>, ptr %s7, align 64
  %v199 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v197, <8 x float> %v168, <8 x float> %v198)
  store <8 x float> %v199, ptr %s7, align 64
  %v200 = load <8 x float>, ptr %s8, align 64
  %v201 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v197, <8 x float> %v170, <8 x float> %v200)
  store <8 x float> %v201, ptr %s8, align 64
  %v202 = load <8 x float>, ptr %s9, align 64
  %v203 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v197, <8 x float> %v172, <8 x float> %v202)
  store <8 x float> %v203, ptr %s9, align 64
  %v204 = getelementptr i8, ptr %v174, i64 384
  %v205 = load float, ptr %v204, align 4
  %v206 = insertelement <8 x float> poison, float %v205, i64 0
  %v207 = shufflevector <8 x float> %v206, <8 x float> poison, <8 x i32> zeroinitializer
  %v208 = load <8 x float>, ptr %s10, align 64
  %v209 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v168, <8 x float> %v208)
  store <8 x float> %v209, ptr %s10, align 64
  %v210 = load <8 x float>, ptr %s11, align 64
  %v211 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v170, <8 x float> %v210)
  store <8 x float> %v211, ptr %s11, align 64
  %v212 = load <8 x float>, ptr %s12, align 64
  %v213 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v172, <8 x float> %v212)
  store <8 x float> %v213, ptr %s12, align 64
  %v214 = add i64 %v16, 4
  store i64 %v214, ptr %s15, align 8
  br label %loop14.head
loop14.end:
  store i64 %v13, ptr %s216, align 8
  br label %loop215.head
loop215.head:
  %v217 = load i64, ptr %s216, align 8
  %v218 = icmp slt i64 %v217, %depth
  br i1 %v218, label %loop215.body, label %loop215.end
loop215.body:
  %v219 = mul i64 %v217, 96
  %v220 = getelementptr i8, ptr %weights, i64 %v219
  %v221 = load <8 x float>, ptr %v220, align 64
  %v222 = getelementptr i8, ptr %v220, i64 32
  %v223 = load <8 x float>, ptr %v222, align 64
  %v224 = getelementptr i8, ptr %v220, i64 64
  %v225 = load <8 x float>, ptr %v224, align 64
  %v226 = mul i64 %v217, 4
  %v227 = getelementptr i8, ptr %left, i64 %v226
  %v228 = load float, ptr %v227, align 4
  %v229 = insertelement <8 x float> poison, float %v228, i64 0
  %v230 = shufflevector <8 x float> %v229, <8 x float> poison, <8 x i32> zeroinitializer
  %v231 = load <8 x float>, ptr %s1, align 64
  %v232 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v230, <8 x float> %v221, <8 x float> %v231)
  store <8 x float> %v232, ptr %s1, align 64
  %v233 = load <8 x float>, ptr %s2, align 64
  %v234 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v230, <8 x float> %v223, <8 x float> %v233)
  store <8 x float> %v234, ptr %s2, align 64
  %v235 = load <8 x float>, ptr %s3, align 64
  %v236 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v230, <8 x float> %v225, <8 x float> %v235)
  store <8 x float> %v236, ptr %s3, align 64
  %v237 = getelementptr i8, ptr %v227, i64 128
  %v238 = load float, ptr %v237, align 4
  %v239 = insertelement <8 x float> poison, float %v238, i64 0
  %v240 = shufflevector <8 x float> %v239, <8 x float> poison, <8 x i32> zeroinitializer
  %v241 = load <8 x float>, ptr %s4, align 64
  %v242 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v240, <8 x float> %v221, <8 x float> %v241)
  store <8 x float> %v242, ptr %s4, align 64
  %v243 = load <8 x float>, ptr %s5, align 64
  %v244 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v240, <8 x float> %v223, <8 x float> %v243)
  store <8 x float> %v244, ptr %s5, align 64
  %v245 = load <8 x float>, ptr %s6, align 64
  %v246 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v240, <8 x float> %v225, <8 x float> %v245)
  store <8 x float> %v246, ptr %s6, align 64
  %v247 = getelementptr i8, ptr %v227, i64 256
  %v248 = load float, ptr %v247, align 4
  %v249 = insertelement <8 x float> poison, float %v248, i64 0
  %v250 = shufflevector <8 x float> %v249, <8 x float> poison, <8 x i32> zeroinitializer
  %v251 = load <8 x float>, ptr %s7, align 64
  %v252 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v250, <8 x float> %v221, <8 x float> %v251)
  store <8 x float> %v252, ptr %s7, align 64
  %v253 = load <8 x float>, ptr %s8, align 64
  %v254 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v250, <8 x float> %v223, <8 x float> %v253)
  store <8 x float> %v254, ptr %s8, align 64
  %v255 = load <8 x float>, ptr %s9, align 64
  %v256 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v250, <8 x float> %v225, <8 x float> %v255)
  store <8 x float> %v256, ptr %s9, align 64
  %v257 = getelementptr i8, ptr %v227, i64 384
  %v258 = load float, ptr %v257, align 4
  %v259 = insertelement <8 x float> poison, float %v258, i64 0
  %v260 = shufflevector <8 x float> %v259, <8 x float> poison, <8 x i32> zeroinitializer
  %v261 = load <8 x float>, ptr %s10, align 64
  %v262 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v260, <8 x float> %v221, <8 x float> %v261)
  store <8 x float> %v262, ptr %s10, align 64
  %v263 = load <8 x float>, ptr %s11, align 64
  %v264 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v260, <8 x float> %v223, <8 x float> %v263)
  store <8 x float> %v264, ptr %s11, align 64
  %v265 = load <8 x float>, ptr %s12, align 64
  %v266 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v260, <8 x float> %v225, <8 x float> %v265)
  store <8 x float> %v266, ptr %s12, align 64
  %v267 = add i64 %v217, 1
  store i64 %v267, ptr %s216, align 8
  br label %loop215.head
loop215.end:
  br i1 %begins, label %if268.then, label %if268.end
if268.then:
  %v269 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v269, ptr %place, align 64
  %v270 = getelementptr i8, ptr %place, i64 32
  %v271 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v271, ptr %v270, align 64
  %v272 = getelementptr i8, ptr %place, i64 64
  %v273 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v273, ptr %v272, align 64
  %v274 = getelementptr i8, ptr %place, i64 96
  %v275 = load <8 x float>, ptr %s4, align 64
  store <8 x float> %v275, ptr %v274, align 64
  %v276 = getelementptr i8, ptr %place, i64 128
  %v277 = load <8 x float>, ptr %s5, align 64
  store <8 x float> %v277, ptr %v276, align 64
  %v278 = getelementptr i8, ptr %place, i64 160
  %v279 = load <8 x float>, ptr %s6, align 64
  store <8 x float> %v279, ptr %v278, align 64
  %v280 = getelementptr i8, ptr %place, i64 192
  %v281 = load <8 x float>, ptr %s7, align 64
  store <8 x float> %v281, ptr %v280, align 64
  %v282 = getelementptr i8, ptr %place, i64 224
  %v283 = load <8 x float>, ptr %s8, align 64
  store <8 x float> %v283, ptr %v282, align 64
  %v284 = getelementptr i8, ptr %place, i64 256
  %v285 = load <8 x float>, ptr %s9, align 64
  store <8 x float> %v285, ptr %v284, align 64
  %v286 = getelementptr i8, ptr %place, i64 288
  %v287 = load <8 x float>, ptr %s10, align 64
  store <8 x float> %v287, ptr %v286, align 64
  %v288 = getelementptr i8, ptr %place, i64 320
  %v289 = load <8 x float>, ptr %s11, align 64
  store <8 x float> %v289, ptr %v288, align 64
  %v290 = getelementptr i8, ptr %place, i64 352
  %v291 = load <8 x float>, ptr %s12, align 64
  store <8 x float> %v291, ptr %v290, align 64
  br label %if268.end
if268.end:
  %v292 = xor i1 %begins, true
  br i1 %v292, label %if293.then, label %if293.end
if293.then:
  %v294 = load <8 x float>, ptr %s1, align 64
  %v295 = load <8 x float>, ptr %place, align 64
  %v296 = fadd <8 x float> %v294, %v295
  store <8 x float> %v296, ptr %place, align 64
  %v297 = getelementptr i8, ptr %place, i64 32
  %v298 = load <8 x float>, ptr %s2, align 64
  %v299 = load <8 x float>, ptr %v297, align 64
  %v300 = fadd <8 x float> %v298, %v299
  store <8 x float> %v300, ptr %v297, align 64
  %v301 = getelementptr i8, ptr %place, i64 64
  %v302 = load <8 x float>, ptr %s3, align 64
  %v303 = load <8 x float>, ptr %v301, align 64
  %v304 = fadd <8 x float> %v302, %v303
  store <8 x float> %v304, ptr %v301, align 64
  %v305 = getelementptr i8, ptr %place, i64 96
  %v306 = load <8 x float>, ptr %s4, align 64
  %v307 = load <8 x float>, ptr %v305, align 64
  %v308 = fadd <8 x float> %v306, %v307
  store <8 x float> %v308, ptr %v305, align 64
  %v309 = getelementptr i8, ptr %place, i64 128
  %v310 = load <8 x float>, ptr %s5, align 64
  %v311 = load <8 x float>, ptr %v309, align 64
  %v312 = fadd <8 x float> %v310, %v311
  store <8 x float> %v312, ptr %v309, align 64
  %v313 = getelementptr i8, ptr %place, i64 160
  %v314 = load <8 x float>, ptr %s6, align 64
  %v315 = load <8 x float>, ptr %v313, align 64
  %v316 = fadd <8 x float> %v314, %v315
  store <8 x float> %v316, ptr %v313, align 64
  %v317 = getelementptr i8, ptr %place, i64 192
  %v318 = load <8 x float>, ptr %s7, align 64
  %v319 = load <8 x float>, ptr %v317, align 64
  %v320 = fadd <8 x float> %v318, %v319
  store <8 x float> %v320, ptr %v317, align 64
  %v321 = getelementptr i8, ptr %place, i64 224
  %v322 = load <8 x float>, ptr %s8, align 64
  %v323 = load <8 x float>, ptr %v321, align 64
  %v324 = fadd <8 x float> %v322, %v323
  store <8 x float> %v324, ptr %v321, align 64
  %v325 = getelementptr i8, ptr %place, i64 256
  %v326 = load <8 x float>, ptr %s9, align 64
  %v327 = load <8 x float>, ptr %v325, align 64
  %v328 = fadd <8 x float> %v326, %v327
  store <8 x float> %v328, ptr %v325, align 64
  %v329 = getelementptr i8, ptr %place, i64 288
  %v330 = load <8 x float>, ptr %s10, align 64
  %v331 = load <8 x float>, ptr %v329, align 64
  %v332 = fadd <8 x float> %v330, %v331
  store <8 x float> %v332, ptr %v329, align 64
  %v333 = getelementptr i8, ptr %place, i64 320
  %v334 = load <8 x float>, ptr %s11, align 64
  %v335 = load <8 x float>, ptr %v333, align 64
  %v336 = fadd <8 x float> %v334, %v335
  store <8 x float> %v336, ptr %v333, align 64
  %v337 = getelementptr i8, ptr %place, i64 352
  %v338 = load <8 x float>, ptr %s12, align 64
  %v339 = load <8 x float>, ptr %v337, align 64
  %v340 = fadd <8 x float> %v338, %v339
  store <8 x float> %v340, ptr %v337, align 64
  br label %if293.end
if293.end:
  ret void
}

define internal void @phase0.width20(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s1 = alloca <8 x float>, i64 12, align 64
  %s8 = alloca i64, i64 1, align 64
  %s10 = alloca i64, i64 1, align 64
  %s14 = alloca i64, i64 1, align 64
  %s30 = alloca i64, i64 1, align 64
  %s52 = alloca i64, i64 1, align 64
  %s63 = alloca i64, i64 1, align 64
  %v2 = add i64 %n, 3
  %v3 = sdiv i64 %v2, 4
  %v4 = icmp slt i64 %v3, 1
  %v5 = select i1 %v4, i64 1, i64 %v3
  %v6 = sdiv i64 %n, %v5
  %v7 = srem i64 %n, %v5
  store i64 0, ptr %s10, align 8
  br label %loop9.head
loop9.head:
  %v11 = load i64, ptr %s10, align 8
  %v12 = icmp slt i64 %v11, 1
  br i1 %v12, label %loop9.body, label %loop9.end
loop9.body:
  store i64 0, ptr %s8, align 8
  store i64 0, ptr %s14, align 8
  br label %loop13.head
loop13.head:
  %v15 = load i64, ptr %s14, align 8
  %v16 = icmp slt i64 %v15, %v5
  br i1 %v16, label %loop13.body, label %loop13.end
loop13.body:
  %v17 = load i64, ptr %s8, align 8
  %v18 = icmp slt i64 %v15, %v7
  %v19 = zext i1 %v18 to i64
  %v20 = add i64 %v6, %v19
  %v21 = getelementptr i8, ptr %words, i64 160
  %v22 = load ptr, ptr %v21, align 8
  %v23 = mul i64 %v11, 1920
  %v24 = getelementptr i8, ptr %v22, i64 %v23
  %v25 = mul i64 %room, 0
  %v26 = getelementptr i8, ptr %now, i64 %v25
  %v27 = mul i64 %v17, 128
  %v28 = getelementptr i8, ptr %v26, i64 %v27
  store i64 0, ptr %s30, align 8
  br label %loop29.head
loop29.head:
  %v31 = load i64, ptr %s30, align 8
  %v32 = icmp slt i64 %v31, 20
  br i1 %v32, label %loop29.body, label %loop29.end
loop29.body:
  %v33 = sub i64 20, %v31
  %v34 = icmp slt i64 %v33, 256
  %v35 = select i1 %v34, i64 %v33, i64 256
  %v36 = icmp eq i64 %v31, 0
  %v37 = mul i64 %v31, 4
  %v38 = getelementptr i8, ptr %v28, i64 %v37
  %v39 = mul i64 %v31, 96
  %v40 = getelementptr i8, ptr %v24, i64 %v39
  %v41 = icmp eq i64 %v20, 1
  br i1 %v41, label %if42.then, label %if42.end
if42.then:
  call void @phase0.width20.product1x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if42.end
if42.end:
  %v43 = icmp eq i64 %v20, 2
  br i1 %v43, label %if44.then, label %if44.end
if44.then:
  call void @phase0.width20.product2x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if44.end
if44.end:
  %v45 = icmp eq i64 %v20, 3
  br i1 %v45, label %if46.then, label %if46.end
if46.then:
  call void @phase0.width20.product3x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if46.end
if46.end:
  %v47 = icmp eq i64 %v20, 4
  br i1 %v47, label %if48.then, label %if48.end
if48.then:
  call void @phase0.width20.product4x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if48.end
if48.end:
  %v49 = add i64 %v31, 256
  store i64 %v49, ptr %s30, align 8
  br label %loop29.head
loop29.end:
  %v50 = getelementptr i8, ptr %v24, i64 1920
  store i64 0, ptr %s52, align 8
  br label %loop51.head
loop51.head:
  %v53 = load i64, ptr %s52, align 8
  %v54 = icmp slt i64 %v53, %v20
  br i1 %v54, label %loop51.body, label %loop51.end
loop51.body:
  %v55 = add i64 %v17, %v53
  %v56 = mul i64 %v53, 96
  %v57 = getelementptr i8, ptr %s1, i64 %v56
  %v58 = mul i64 %v11, 3
  %v59 = sub i64 3, %v58
  %v60 = icmp slt i64 %v59, 3
  %v61 = select i1 %v60, i64 %v59, i64 3
  store i64 0, ptr %s63, align 8
  br label %loop62.head
loop62.head:
  %v64 = load i64, ptr %s63, align 8
  %v65 = icmp slt i64 %v64, %v61
  br i1 %v65, label %loop62.body, label %loop62.end
loop62.body:
  %v66 = add i64 %v58, %v64
  %v67 = mul i64 %v64, 32
  %v68 = getelementptr i8, ptr %v57, i64 %v67
  %v69 = getelementptr i64, ptr %rows, i64 %v55
  %v70 = load i64, ptr %v69, align 8
  %v71 = mul i64 %v66, 8
  %v72 = mul i64 %v71, 4
  %v73 = sub i64 20, %v71
  %v74 = insertelement <8 x i64> poison, i64 %v73, i64 0
  %v75 = shufflevector <8 x i64> %v74, <8 x i64> poison, <8 x i32> zeroinitializer
  %v76 = icmp slt <8 x i64> <i64 0, i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7>, %v75
  %v77 = getelementptr i8, ptr %words, i64 112
  %v78 = load i64, ptr %v77, align 8
  %v79 = mul i64 %t, %v78
  %v80 = getelementptr i8, ptr %words, i64 120
  %v81 = load i64, ptr %v80, align 8
  %v82 = mul i64 %v70, %v81
  %v83 = getelementptr i8, ptr %words, i64 104
  %v84 = load ptr, ptr %v83, align 8
  %v85 = add i64 %v79, %v82
  %v86 = getelementptr i8, ptr %v84, i64 %v85
  %v87 = getelementptr i8, ptr %v86, i64 %v72
  %v88 = call <8 x float> @llvm.masked.load.v8f32.p0(ptr %v87, i32 4, <8 x i1> %v76, <8 x float> splat (float 0x0000000000000000))
  %v89 = load <8 x float>, ptr %v68, align 64
  %v90 = fadd contract <8 x float> %v88, %v89
  %v91 = call <8 x float> @llvm.fabs.v8f32(<8 x float> %v90)
  %v92 = fcmp ogt <8 x float> %v91, splat (float 0x4039000000000000)
  %v93 = select <8 x i1> %v92, <8 x float> splat (float 0x4039000000000000), <8 x float> %v91
  %v94 = fmul <8 x float> %v93, splat (float 0xC000000000000000)
  %v95 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v94, <8 x float> splat (float 0x3FF7154760000000), <8 x float> splat (float 0x4168000000000000))
  %v96 = fsub <8 x float> %v95, splat (float 0x4168000000000000)
  %v97 = bitcast <8 x float> %v95 to <8 x i32>
  %v98 = sub <8 x i32> %v97, splat (i32 1262485504)
  %v99 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v96, <8 x float> splat (float 0xBFE6300000000000), <8 x float> %v94)
  %v100 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v96, <8 x float> splat (float 0x3F2BD01060000000), <8 x float> %v99)
  %v101 = fmul <8 x float> %v100, %v100
  %v102 = call <8 x float> @llvm.fma.v8f32(<8 x float> splat (float 0x3F56D1B1C0000000), <8 x float> %v100, <8 x float> splat (float 0x3F81215820000000))
  %v103 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v102, <8 x float> %v100, <8 x float> splat (float 0x3FA5555140000000))
  %v104 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v103, <8 x float> %v100, <8 x float> splat (float 0x3FC5554D40000000))
  %v105 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v104, <8 x float> %v100, <8 x float> splat (float 0x3FE0000000000000))
  %v106 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v105, <8 x float> %v100)
  %v107 = add <8 x i32> %v98, splat (i32 127)
  %v108 = shl <8 x i32> %v107, splat (i32 23)
  %v109 = bitcast <8 x i32> %v108 to <8 x float>
  %v110 = fsub <8 x float> %v109, splat (float 0x3FF0000000000000)
  %v111 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v109, <8 x float> %v106, <8 x float> %v110)
  %v112 = fsub <8 x float> splat (float 0xC000000000000000), %v111
  %v113 = fdiv <8 x float> %v111, %v112
  %v114 = call <8 x float> @llvm.copysign.v8f32(<8 x float> %v113, <8 x float> %v90)
  %v115 = getelementptr i8, ptr %words, i64 24
  %v116 = load i64, ptr %v115, align 8
  %v117 = mul i64 %t, %v116
  %v118 = add i64 %v117, %v70
  %v119 = getelementptr i8, ptr %words, i64 144
  %v120 = load ptr, ptr %v119, align 8
  %v121 = mul i64 %v118, 80
  %v122 = getelementptr i8, ptr %v120, i64 %v121
  %v123 = getelementptr i8, ptr %v122, i64 %v72
  call void @llvm.masked.store.v8f32.p0(<8 x float> %v114, ptr %v123, i32 4, <8 x i1> %v76)
  %v124 = mul i64 %room, 0
  %v125 = getelementptr i8, ptr %after, i64 %v124
  %v126 = mul i64 %v55, 128
  %v127 = getelementptr i8, ptr %v125, i64 %v126
  %v128 = getelementptr i8, ptr %v127, i64 %v72
  store <8 x float> %v114, ptr %v128, align 4
  %v129 = add i64 %v64, 1
  store i64 %v129, ptr %s63, align 8
  br label %loop62.head
loop62.end:
  %v130 = add i64 %v53, 1
  store i64 %v130, ptr %s52, align 8
  br label %loop51.head
loop51.end:
  %v131 = add i64 %v17, %v20
  store i64 %v131, ptr %s8, align 8
  %v132 = add i64 %v15, 1
  store i64 %v132, ptr %s14, align 8
  br label %loop13.head
loop13.end:
  %v133 = add i64 %v11, 1
  store i64 %v133, ptr %s10, align 8
  br label %loop9.head
loop9.end:
  ret void
}

define internal void @enter(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %v1 = getelementptr i64, ptr %rows, i64 %t
  %v2 = load i64, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 128
  %v4 = load ptr, ptr %v3, align 8
  %v5 = mul i64 %v2, 80
  %v6 = getelementptr i8, ptr %v4, i64 %v5
  %v7 = mul i64 %room, 0
  %v8 = getelementptr i8, ptr %now, i64 %v7
  %v9 = mul i64 %t, 128
  %v10 = getelementptr i8, ptr %v8, i64 %v9
  call void @llvm.memcpy.p0.p0.i64(ptr %v10, ptr %v6, i64 80, i1 false)
  ret void
}

define internal void @leave(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %v1 = getelementptr i64, ptr %rows, i64 %t
  %v2 = load i64, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 136
  %v4 = load ptr, ptr %v3, align 8
  %v5 = mul i64 %v2, 80
  %v6 = getelementptr i8, ptr %v4, i64 %v5
  %v7 = mul i64 %room, 0
  %v8 = getelementptr i8, ptr %now, i64 %v7
  %v9 = mul i64 %t, 128
  %v10 = getelementptr i8, ptr %v8, i64 %v9
  call void @llvm.memcpy.p0.p0.i64(ptr %v6, ptr %v10, i64 80, i1 false)
  ret void
}

define internal void @padding(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s2 = alloca i64, i64 1, align 64
  store i64 %n, ptr %s2, align 8
  br label %loop1.head
loop1.head:
  %v3 = load i64, ptr %s2, align 8
  %v4 = icmp slt i64 %v3, %room
  br i1 %v4, label %loop1.body, label %loop1.end
loop1.body:
  %v5 = getelementptr i64, ptr %rows, i64 %v3
  %v6 = load i64, ptr %v5, align 8
  %v7 = getelementptr i8, ptr %words, i64 24
  %v8 = load i64, ptr %v7, align 8
  %v9 = mul i64 %t, %v8
  %v10 = add i64 %v9, %v6
  %v11 = getelementptr i8, ptr %words, i64 144
  %v12 = load ptr, ptr %v11, align 8
  %v13 = mul i64 %v10, 80
  %v14 = getelementptr i8, ptr %v12, i64 %v13
  call void @llvm.memset.p0.i64(ptr %v14, i8 0, i64 80, i1 false)
  %v15 = add i64 %v3, 1
  store i64 %v15, ptr %s2, align 8
  br label %loop1.head
loop1.end:
  ret void
}

define internal void @reset.before(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s7 = alloca i64, i64 1, align 64
  %v1 = getelementptr i8, ptr %words, i64 56
  %v2 = load ptr, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 24
  %v4 = load i64, ptr %v3, align 8
  %v5 = mul i64 %t, %v4
  store i64 0, ptr %s7, align 8
  br label %loop6.head
loop6.head:
  %v8 = load i64, ptr %s7, align 8
  %v9 = icmp slt i64 %v8, %n
  br i1 %v9, label %loop6.body, label %loop6.end
loop6.body:
  %v10 = getelementptr i64, ptr %rows, i64 %v8
  %v11 = load i64, ptr %v10, align 8
  %v12 = add i64 %v5, %v11
  %v13 = getelementptr i8, ptr %v2, i64 %v12
  %v14 = load i8, ptr %v13, align 1
  %v15 = icmp ne i8 %v14, 0
  br i1 %v15, label %if16.then, label %if16.end
if16.then:
  %v17 = mul i64 %room, 0
  %v18 = getelementptr i8, ptr %now, i64 %v17
  %v19 = mul i64 %v8, 128
  %v20 = getelementptr i8, ptr %v18, i64 %v19
  call void @llvm.memset.p0.i64(ptr %v20, i8 0, i64 80, i1 false)
  br label %if16.end
if16.end:
  %v21 = add i64 %v8, 1
  store i64 %v21, ptr %s7, align 8
  br label %loop6.head
loop6.end:
  ret void
}

define internal void @reset.after(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s7 = alloca i64, i64 1, align 64
  %v1 = getelementptr i8, ptr %words, i64 56
  %v2 = load ptr, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 24
  %v4 = load i64, ptr %v3, align 8
  %v5 = mul i64 %t, %v4
  store i64 0, ptr %s7, align 8
  br label %loop6.head
loop6.head:
  %v8 = load i64, ptr %s7, align 8
  %v9 = icmp slt i64 %v8, %n
  br i1 %v9, label %loop6.body, label %loop6.end
loop6.body:
  %v10 = getelementptr i64, ptr %rows, i64 %v8
  %v11 = load i64, ptr %v10, align 8
  %v12 = add i64 %v5, %v11
  %v13 = getelementptr i8, ptr %v2, i64 %v12
  %v14 = load i8, ptr %v13, align 1
  %v15 = icmp ne i8 %v14, 0
  br i1 %v15, label %if16.then, label %if16.end
if16.then:
  %v17 = mul i64 %room, 0
  %v18 = getelementptr i8, ptr %after, i64 %v17
  %v19 = mul i64 %v8, 128
  %v20 = getelementptr i8, ptr %v18, i64 %v19
  call void @llvm.memset.p0.i64(ptr %v20, i8 0, i64 80, i1 false)
  br label %if16.end
if16.end:
  %v21 = add i64 %v8, 1
  store i64 %v21, ptr %s7, align 8
  br label %loop6.head
loop6.end:
  ret void
}

define internal void @slice(ptr %words, i64 %index) #0 {
entry:
  %s21 = alloca ptr, i64 1, align 64
  %s22 = alloca ptr, i64 1, align 64
  %s23 = alloca i64, i64 1, align 64
  %s49 = alloca i64, i64 1, align 64
  %s57 = alloca i64, i64 1, align 64
  %s117 = alloca i64, i64 1, align 64
  %s126 = alloca i64, i64 1, align 64
  %v1 = getelementptr i8, ptr %words, i64 80
  %v2 = load ptr, ptr %v1, align 8
  %v3 = getelementptr i64, ptr %v2, i64 %index
  %v4 = load i64, ptr %v3, align 8
  %v5 = add i64 %index, 1
  %v6 = getelementptr i64, ptr %v2, i64 %v5
  %v7 = load i64, ptr %v6, align 8
  %v8 = sub i64 %v7, %v4
  %v9 = getelementptr i8, ptr %words, i64 72
  %v10 = load ptr, ptr %v9, align 8
  %v11 = getelementptr i64, ptr %v10, i64 %v4
  %v12 = getelementptr i8, ptr %words, i64 88
  %v13 = load ptr, ptr %v12, align 8
  %v14 = getelementptr i8, ptr %words, i64 96
  %v15 = load i64, ptr %v14, align 8
  %v16 = mul i64 %index, %v15
  %v17 = getelementptr i8, ptr %v13, i64 %v16
  %v18 = mul i64 %v8, 128
  %v19 = getelementptr i8, ptr %v17, i64 %v18
  %v20 = getelementptr i8, ptr %v19, i64 %v18
  store ptr %v17, ptr %s21, align 8
  store ptr %v19, ptr %s22, align 8
  store i64 0, ptr %s23, align 8
  %v24 = getelementptr i8, ptr %words, i64 16
  %v25 = load i64, ptr %v24, align 8
  %v26 = getelementptr i8, ptr %words, i64 32
  %v27 = load i64, ptr %v26, align 8
  %v28 = getelementptr i8, ptr %words, i64 40
  %v29 = load i64, ptr %v28, align 8
  %v30 = getelementptr i8, ptr %words, i64 48
  %v31 = load i64, ptr %v30, align 8
  %v32 = icmp ne i64 %v31, 0
  %v33 = icmp sgt i64 %v29, 0
  %v34 = getelementptr i8, ptr %words, i64 56
  %v35 = load i64, ptr %v34, align 8
  %v36 = icmp ne i64 %v35, 0
  %v37 = getelementptr i8, ptr %words, i64 64
  %v38 = load i64, ptr %v37, align 8
  %v39 = icmp ne i64 %v38, 0
  %v40 = xor i1 %v39, true
  %v41 = and i1 %v36, %v40
  %v42 = and i1 %v36, %v39
  %v43 = xor i1 %v33, true
  %v44 = and i1 %v32, %v43
  %v45 = xor i1 %v44, true
  br i1 %v45, label %if46.then, label %if46.end
if46.then:
  %v47 = load i64, ptr %s23, align 8
  store i64 %v47, ptr %s49, align 8
  br label %loop48.head
loop48.head:
  %v50 = load i64, ptr %s49, align 8
  %v51 = icmp slt i64 %v50, %v8
  br i1 %v51, label %loop48.body, label %loop48.end
loop48.body:
  %v52 = load i64, ptr %s23, align 8
  %v53 = load ptr, ptr %s21, align 8
  %v54 = load ptr, ptr %s22, align 8
  call void @enter(ptr %words, ptr %v53, ptr %v54, ptr %v20, ptr %v11, i64 %v52, i64 %v8, i64 %v50)
  %v55 = add i64 %v50, 1
  store i64 %v55, ptr %s49, align 8
  br label %loop48.head
loop48.end:
  store i64 %v8, ptr %s23, align 8
  br label %if46.end
if46.end:
  store i64 0, ptr %s57, align 8
  br label %loop56.head
loop56.head:
  %v58 = load i64, ptr %s57, align 8
  %v59 = icmp slt i64 %v58, %v25
  br i1 %v59, label %loop56.body, label %loop56.end
loop56.body:
  %v60 = mul i64 %v58, %v29
  %v61 = add i64 %v27, %v60
  br i1 %v32, label %if62.then, label %if62.end
if62.then:
  br i1 %v33, label %if63.then, label %if63.end
if63.then:
  br label %again64.head
again64.head:
  %v65 = load i64, ptr %s23, align 8
  %v66 = icmp sle i64 %v65, 0
  br i1 %v66, label %again64.end, label %on67
on67:
  %v68 = sub i64 %v65, 1
  %v69 = getelementptr i64, ptr %v11, i64 %v68
  %v70 = load i64, ptr %v69, align 8
  %v71 = getelementptr i8, ptr %words, i64 48
  %v72 = load ptr, ptr %v71, align 8
  %v73 = getelementptr i64, ptr %v72, i64 %v70
  %v74 = load i64, ptr %v73, align 8
  %v75 = icmp sgt i64 %v74, %v61
  br i1 %v75, label %again64.end, label %on76
on76:
  %v77 = load i64, ptr %s23, align 8
  %v78 = load ptr, ptr %s21, align 8
  %v79 = load ptr, ptr %s22, align 8
  call void @leave(ptr %words, ptr %v78, ptr %v79, ptr %v20, ptr %v11, i64 %v77, i64 %v8, i64 %v68)
  store i64 %v68, ptr %s23, align 8
  br label %again64.head
again64.end:
  br label %if63.end
if63.end:
  br i1 %v44, label %if80.then, label %if80.end
if80.then:
  br label %again81.head
again81.head:
  %v82 = load i64, ptr %s23, align 8
  %v83 = icmp sge i64 %v82, %v8
  br i1 %v83, label %again81.end, label %on84
on84:
  %v85 = getelementptr i64, ptr %v11, i64 %v82
  %v86 = load i64, ptr %v85, align 8
  %v87 = getelementptr i8, ptr %words, i64 48
  %v88 = load ptr, ptr %v87, align 8
  %v89 = getelementptr i64, ptr %v88, i64 %v86
  %v90 = load i64, ptr %v89, align 8
  %v91 = icmp sle i64 %v90, %v61
  br i1 %v91, label %again81.end, label %on92
on92:
  %v93 = load i64, ptr %s23, align 8
  %v94 = load ptr, ptr %s21, align 8
  %v95 = load ptr, ptr %s22, align 8
  call void @enter(ptr %words, ptr %v94, ptr %v95, ptr %v20, ptr %v11, i64 %v93, i64 %v8, i64 %v82)
  %v96 = add i64 %v82, 1
  store i64 %v96, ptr %s23, align 8
  br label %again81.head
again81.end:
  br label %if80.end
if80.end:
  %v97 = load i64, ptr %s23, align 8
  %v98 = load ptr, ptr %s21, align 8
  %v99 = load ptr, ptr %s22, align 8
  call void @padding(ptr %words, ptr %v98, ptr %v99, ptr %v20, ptr %v11, i64 %v97, i64 %v8, i64 %v61)
  br label %if62.end
if62.end:
  br i1 %v41, label %if100.then, label %if100.end
if100.then:
  %v101 = load i64, ptr %s23, align 8
  %v102 = load ptr, ptr %s21, align 8
  %v103 = load ptr, ptr %s22, align 8
  call void @reset.before(ptr %words, ptr %v102, ptr %v103, ptr %v20, ptr %v11, i64 %v101, i64 %v8, i64 %v61)
  br label %if100.end
if100.end:
  %v104 = load i64, ptr %s23, align 8
  %v105 = load ptr, ptr %s21, align 8
  %v106 = load ptr, ptr %s22, align 8
  call void @phase0.width20(ptr %words, ptr %v105, ptr %v106, ptr %v20, ptr %v11, i64 %v104, i64 %v8, i64 %v61)
  br i1 %v42, label %if107.then, label %if107.end
if107.then:
  %v108 = load i64, ptr %s23, align 8
  %v109 = load ptr, ptr %s21, align 8
  %v110 = load ptr, ptr %s22, align 8
  call void @reset.after(ptr %words, ptr %v109, ptr %v110, ptr %v20, ptr %v11, i64 %v108, i64 %v8, i64 %v61)
  br label %if107.end
if107.end:
  %v111 = load ptr, ptr %s21, align 8
  %v112 = load ptr, ptr %s22, align 8
  store ptr %v112, ptr %s21, align 8
  store ptr %v111, ptr %s22, align 8
  %v113 = add i64 %v58, 1
  store i64 %v113, ptr %s57, align 8
  br label %loop56.head
loop56.end:
  br i1 %v44, label %if114.then, label %if114.end
if114.then:
  %v115 = load i64, ptr %s23, align 8
  store i64 %v115, ptr %s117, align 8
  br label %loop116.head
loop116.head:
  %v118 = load i64, ptr %s117, align 8
  %v119 = icmp slt i64 %v118, %v8
  br i1 %v119, label %loop116.body, label %loop116.end
loop116.body:
  %v120 = load i64, ptr %s23, align 8
  %v121 = load ptr, ptr %s21, align 8
  %v122 = load ptr, ptr %s22, align 8
  call void @enter(ptr %words, ptr %v121, ptr %v122, ptr %v20, ptr %v11, i64 %v120, i64 %v8, i64 %v118)
  %v123 = add i64 %v118, 1
  store i64 %v123, ptr %s117, align 8
  br label %loop116.head
loop116.end:
  store i64 %v8, ptr %s23, align 8
  br label %if114.end
if114.end:
  %v124 = load i64, ptr %s23, align 8
  store i64 0, ptr %s126, align 8
  br label %loop125.head
loop125.head:
  %v127 = load i64, ptr %s126, align 8
  %v128 = icmp slt i64 %v127, %v124
  br i1 %v128, label %loop125.body, label %loop125.end
loop125.body:
  %v129 = load i64, ptr %s23, align 8
  %v130 = load ptr, ptr %s21, align 8
  %v131 = load ptr, ptr %s22, align 8
  call void @leave(ptr %words, ptr %v130, ptr %v131, ptr %v20, ptr %v11, i64 %v129, i64 %v8, i64 %v127)
  %v132 = add i64 %v127, 1
  store i64 %v132, ptr %s126, align 8
  br label %loop125.head
loop125.end:
  ret void
}

define void @worker(ptr %words) #0 {
entry:
  %s1 = alloca i32, i64 1, align 64
  %s2 = alloca i32, i64 1, align 64
  call void @llvm.x86.sse.stmxcsr(ptr %s1)
  %v3 = load i32, ptr %s1, align 4
  %v4 = or i32 %v3, 32832
  store i32 %v4, ptr %s2, align 4
  call void @llvm.x86.sse.ldmxcsr(ptr %s2)
  %v5 = getelementptr i8, ptr %words, i64 8
  %v6 = load i64, ptr %v5, align 8
  br label %again7.head
again7.head:
  %v8 = atomicrmw add ptr %words, i64 1 seq_cst, align 8
  %v9 = icmp sge i64 %v8, %v6
  br i1 %v9, label %again7.end, label %on10
on10:
  call void @slice(ptr %words, i64 %v8)
  br label %again7.head
again7.end:
  call void @llvm.x86.sse.ldmxcsr(ptr %s1)
  ret void
}


attributes #0 = { nounwind "target-cpu"="haswell" "prefer-vector-width"="512" }
